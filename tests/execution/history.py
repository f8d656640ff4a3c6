"""What this server did before, from which predictions come."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipeline.models import PipelineRun, StageRun
from tests import factories


def took(seconds: float, name: str = "probe", *, duration_ms: int = 10_000, **values: Any) -> None:
    """Put a stage of a video of so much media into the history."""
    video = factories.make_video(status="COMPLETED")
    factories.make_media(video, duration_ms=duration_ms)
    run = factories.make_run(video, status=PipelineRun.Status.SUCCEEDED)
    began = values.pop("began", timezone.now() - timedelta(hours=1))
    row: dict[str, Any] = {
        "status": StageRun.Status.SUCCEEDED,
        "started_at": began,
        "finished_at": began + timedelta(seconds=seconds),
    }
    factories.make_stage_run(run, name, **row | values)
