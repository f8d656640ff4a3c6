"""Nudity."""

from pipeline.models import StageRun
from pipeline.results import Nudity
from videos.models import NuditySpan


def write_nudity(stage_run: StageRun, result: Nudity) -> None:
    """Replace the video's spans of nudity."""
    video_id = stage_run.run.video_id
    NuditySpan.objects.filter(video_id=video_id).delete()
    NuditySpan.objects.bulk_create(
        NuditySpan(
            video_id=video_id,
            stage_run=stage_run,
            start_ms=span.start_ms,
            end_ms=span.end_ms,
            confidence=span.confidence,
            score=span.score,
        )
        for span in result.spans
    )
