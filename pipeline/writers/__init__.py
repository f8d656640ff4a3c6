"""From a stage's result to rows, inside the transaction that ends the stage.

A writer replaces what an earlier run of the stage found, so writing twice changes nothing. What
a result type has no writer for stays an artefact.
"""

from collections.abc import Callable
from typing import Any

from pipeline import registry, results
from pipeline.models import StageRun
from videos.models import Passage

from .abstract import write_abstract
from .fetched import write_fetched
from .frames import write_frames
from .meaning import write_chapters, write_entities, write_keywords, write_summary
from .media import write_media
from .nudity import write_nudity
from .passages import erase_vectors, write_vectors
from .renditions import write_requested
from .screen_text import write_screen_text
from .shots import write_shots
from .signatures import write_signatures
from .sounds import write_sounds
from .speakers import write_speakers
from .tracks import write_faces, write_objects
from .transcript import write_transcript

WRITERS: dict[type, Callable[[StageRun, Any], None]] = {
    results.Abstract: write_abstract,
    results.Fetched: write_fetched,
    results.Media: write_media,
    results.Frames: write_frames,
    results.Shots: write_shots,
    results.Signatures: write_signatures,
    results.Transcript: write_transcript,
    results.ScreenText: write_screen_text,
    results.Objects: write_objects,
    results.Faces: write_faces,
    results.Nudity: write_nudity,
    results.Sounds: write_sounds,
    results.Chapters: write_chapters,
    results.Summary: write_summary,
    results.Keywords: write_keywords,
    results.Speakers: write_speakers,
    results.Vectors: write_vectors,
    results.Entities: write_entities,
    results.Proxy: write_requested,
    results.Redacted: write_requested,
}


# Where a result's texts are found by the search.
_PASSAGES = {
    results.Transcript: Passage.Kind.CUE,
    results.ScreenText: Passage.Kind.TEXT,
    results.Objects: Passage.Kind.OBJECT,
    results.Chapters: Passage.Kind.CHAPTER,
    results.Sounds: Passage.Kind.SOUND,
}


def write(stage_run: StageRun, result: object) -> None:
    """Store a result's findings as rows."""
    if writer := WRITERS.get(type(result)):
        writer(stage_run, result)


def erase(stage_run: StageRun) -> None:
    """Remove what earlier runs of the stage found: this one has found that there is nothing."""
    if stage_run.run.rendition_id:
        return  # it was to make a file, and found nothing
    video_id = stage_run.run.video_id
    produced = registry.stage_type(stage_run.name).produces
    # Whichever of them made it: what is heard now may have been imported before.
    makers = [stage.name for stage in registry.stages() if stage.produces is produced]
    for relation in StageRun._meta.related_objects:
        findings = relation.related_model._base_manager
        findings.filter(stage_run__run__video=video_id, stage_run__name__in=makers).delete()
    if kind := _PASSAGES.get(produced):
        Passage.objects.filter(video=video_id, kind=kind).delete()
    if produced is results.Vectors:
        erase_vectors(stage_run)
