"""Cues, their words, and their passages in the search index."""

from dataclasses import asdict

from pipeline.media.passages import of_speech
from pipeline.models import StageRun
from pipeline.results import Transcript as TranscriptResult
from pipeline.writers.abstract import forget_abstract
from pipeline.writers.passages import write_passages
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
    Cue.objects.filter(video_id=video_id).delete()
    cues = [
        Cue(
            video_id=video_id,
            stage_run=stage_run,
            start_ms=cue.start_ms,
            end_ms=cue.end_ms,
            confidence=cue.confidence,
            text=cue.text,
            words=[asdict(word) for word in cue.words],
            language=cue.language or result.language,
            flags=list(cue.flags),
        )
        for cue in result.cues
    ]
    Cue.objects.bulk_create(cues, batch_size=1000)
    moments = of_speech(result.cues)
    write_passages(stage_run, Passage.Kind.CUE, moments, language=result.language)
