"""Sound events."""

from pipeline.models import StageRun
from pipeline.results import Sounds
from videos.models import SoundEvent


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
