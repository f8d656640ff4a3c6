"""Reads. Every one starts from a workspace."""

from .captions import caption_list, transcript_import
from .duplicates import SharedSpan, duplicate_list
from .evidence import evidence_list, nearness
from .findings import (
    cue_list,
    face_counts,
    face_list,
    nudity_list,
    object_list,
    screen_text_list,
    shot_list,
    sound_list,
)
from .llm import llm_answer, llm_server, llm_tokens_left, today, tomorrow_s
from .meaning import Entity, chapter_list, cue_ids, entity_list, keyword_list, summary_sentence_list
from .playback import StoredFile, original, playable, rendition, rendition_file
from .renditions import (
    RenditionState,
    newest_run,
    rendition_get,
    rendition_list,
    rendition_state,
    with_runs,
)
from .search import Found, Hit, Scope, VideoHits, search, similar
from .speakers import speaker_get, speaker_list, speakers_of, turn_list
from .uploads import upload_get
from .videos import (
    analysis_outlook,
    analysis_stages,
    as_made,
    eta_s,
    progress,
    skipped_stages,
    video_get,
    video_list,
    with_analysis,
)
from .workspaces import Usage, bytes_left, soonest_end_s, usage, workspace_for

__all__ = [
    "Entity",
    "Found",
    "Hit",
    "RenditionState",
    "Scope",
    "SharedSpan",
    "StoredFile",
    "Usage",
    "VideoHits",
    "analysis_outlook",
    "analysis_stages",
    "as_made",
    "bytes_left",
    "caption_list",
    "chapter_list",
    "cue_ids",
    "cue_list",
    "duplicate_list",
    "entity_list",
    "eta_s",
    "evidence_list",
    "face_counts",
    "face_list",
    "keyword_list",
    "llm_answer",
    "llm_server",
    "llm_tokens_left",
    "nearness",
    "newest_run",
    "nudity_list",
    "object_list",
    "original",
    "playable",
    "progress",
    "rendition",
    "rendition_file",
    "rendition_get",
    "rendition_list",
    "rendition_state",
    "screen_text_list",
    "search",
    "shot_list",
    "similar",
    "skipped_stages",
    "soonest_end_s",
    "sound_list",
    "speaker_get",
    "speaker_list",
    "speakers_of",
    "summary_sentence_list",
    "today",
    "tomorrow_s",
    "transcript_import",
    "turn_list",
    "upload_get",
    "usage",
    "video_get",
    "video_list",
    "with_analysis",
    "with_runs",
    "workspace_for",
]
