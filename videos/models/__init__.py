"""What is known of videos: the upload, its media facts, files for people, and the findings."""

from .abstract import AbstractSentence, ChapterTitle
from .duplicates import Duplicate, Signature
from .findings import Cue, Finding, NuditySpan, ScreenText, Shot, Track, Transcript
from .idempotency import RememberedAnswer
from .imported import TranscriptImport
from .llm import LlmAnswer, LlmUsage
from .login import LoginTries
from .meaning import Chapter, EntityMention, Keyword, SummarySentence
from .passage import Passage, Word
from .removal import Removal
from .rendition import Rendition
from .sounds import SoundEvent, Speaker, SpeakerTurn
from .upload import Upload
from .video import Media, Video
from .watched import WatchedFile
from .workspace import Workspace

__all__ = [
    "AbstractSentence",
    "Chapter",
    "ChapterTitle",
    "Cue",
    "Duplicate",
    "EntityMention",
    "Finding",
    "Keyword",
    "LlmAnswer",
    "LlmUsage",
    "LoginTries",
    "Media",
    "NuditySpan",
    "Passage",
    "RememberedAnswer",
    "Removal",
    "Rendition",
    "ScreenText",
    "Shot",
    "Signature",
    "SoundEvent",
    "Speaker",
    "SpeakerTurn",
    "SummarySentence",
    "Track",
    "Transcript",
    "TranscriptImport",
    "Upload",
    "Video",
    "WatchedFile",
    "Word",
    "Workspace",
]
