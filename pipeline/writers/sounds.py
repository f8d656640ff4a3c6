"""Sound events, and their labels in the search index."""

from pipeline.media.passages import of_sounds
from pipeline.models import StageRun
from pipeline.results import Sounds
from pipeline.writers.passages import write_passages
from videos.models import Passage, SoundEvent


def write_sounds(stage_run: StageRun, result: Sounds) -> None:
    """Replace the video's sound events."""
    video_id = stage_run.run.video_id
    SoundEvent.objects.filter(video_id=video_id).delete()
    SoundEvent.objects.bulk_create(
        SoundEvent(
            video_id=video_id,
            stage_run=stage_run,
            start_ms=event.start_ms,
            end_ms=event.end_ms,
            confidence=event.confidence,
            label=event.label,
            score=event.score,
        )
        for event in result.events
    )
    # Labels are English words, like those of things.
    write_passages(stage_run, Passage.Kind.SOUND, of_sounds(result), language="en")
