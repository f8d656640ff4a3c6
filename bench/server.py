"""The whole server: a run of the sample."""

import time
from pathlib import Path
from typing import Any

from bench.figures import Figure
from pipeline.fleet import Fleet, crew
from videos.models import Workspace
from videos.services.uploads import store_stream
from videos.services.videos import video_create

_SAMPLE = Path(__file__).resolve().parents[1] / "docs" / "sample" / "sample.mp4"
_PATIENCE_S = 240


def whole_run() -> list[Figure]:
    """From acceptance to the end, models loaded on the way, against the media's duration."""
    with Fleet(crew(), quiet=True):
        video: Any = video_create(
            workspace=Workspace.objects.get(slug="default"),
            upload=store_stream(chunks=[_SAMPLE.read_bytes()], filename="sample.mp4"),
        )
        late_at = time.monotonic() + _PATIENCE_S
        while video.status in ("UPLOADED", "PROCESSING") and time.monotonic() < late_at:
            time.sleep(0.1)
            video.refresh_from_db()
    if video.status != "COMPLETED":
        raise RuntimeError(f"the sample ended {video.status}: {video.status_reason}")
    took_s = (video.completed_at - video.created_at).total_seconds()
    media_s = video.media.duration_ms / 1000
    what = "whole run of the sample, standard profile"
    return [Figure(what, f"{took_s:.1f} s", f"media {media_s:.1f} s", took_s / media_s, "≤ 0.8")]
