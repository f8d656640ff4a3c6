"""Cues, their words, and their passages in the search index."""

from dataclasses import asdict

from pipeline.media.passages import of_speech
from pipeline.models import StageRun
from pipeline.results import Transcript as TranscriptResult
from pipeline.writers.abstract import forget_abstract
from pipeline.writers.passages import write_passages
from pipeline.writers.rows import replace
from videos.models import Cue, Passage, Transcript


def write_transcript(stage_run: StageRun, result: TranscriptResult) -> None:
    """Replace the video's transcript."""
    video_id = stage_run.run.video_id
    Transcript.objects.update_or_create(
        video_id=video_id,
        defaults={
            "stage_run": stage_run,
            "language": result.language,
            "language_probability": result.language_probability,
        },
    )
    forget_abstract(video_id)
    rows = ({**asdict(cue), "language": cue.language or result.language} for cue in result.cues)
    replace(stage_run, Cue, rows)
    moments = of_speech(result.cues)
    write_passages(stage_run, Passage.Kind.CUE, moments, language=result.language)
