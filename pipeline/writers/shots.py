"""Shots."""

from pipeline.models import StageRun
from pipeline.results import Shots
from videos.models import Shot


def write_shots(stage_run: StageRun, result: Shots) -> None:
    """Replace the video's shots."""
    video_id = stage_run.run.video_id
    Shot.objects.filter(video_id=video_id).delete()
    Shot.objects.bulk_create(
        Shot(
            video_id=video_id,
            stage_run=stage_run,
            index=shot.index,
            start_ms=shot.start_ms,
            end_ms=shot.end_ms,
            confidence=shot.confidence,
            transition=shot.transition,
            transition_ms=shot.transition_ms,
            keyframe_ms=shot.keyframe_ms,
            keyframe=f"{stage_run.artefact}/{shot.keyframe}",
        )
        for shot in result.shots
    )
