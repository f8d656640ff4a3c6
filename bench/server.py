"""The whole server: a run of the sample, and long speech by one worker and by two."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.figures import Figure
from pipeline.fleet import Fleet, crew
from pipeline.models import StageRun
from tests import clips
from videos.models import Workspace
from videos.services.uploads import store_stream
from videos.services.videos import video_create, video_delete

_SAMPLE = Path(__file__).resolve().parents[1] / "docs" / "sample" / "sample.mp4"
_PATIENCE_S = 240


def whole_run() -> list[Figure]:
    """From acceptance to the end, models loaded on the way, against the media's duration."""
    with Fleet(crew(), quiet=True):
        video = _analysed(_SAMPLE)
    took_s = (video.completed_at - video.created_at).total_seconds()
    media_s = video.media.duration_ms / 1000
    what = "whole run of the sample, standard profile"
    return [Figure(what, f"{took_s:.1f} s", f"media {media_s:.1f} s", took_s / media_s, "≤ 0.8")]


def speech() -> dict[str, float]:
    """Seconds that eleven minutes of speech take, from the first part's begin to the joint end."""
    with TemporaryDirectory() as folder, Fleet(crew(), quiet=True):
        clip = Path(folder) / "speech.wav"
        clips.speech(clip, times=20)
        video = _analysed(clip, language="en")
    parts = StageRun.objects.filter(run__video=video, name="transcribe", shard__gt=0)
    joined = StageRun.objects.get(run__video=video, name="transcribe", shard=0)
    begun_at = parts.earliest("started_at").started_at
    found = {"took_s": (joined.finished_at - begun_at).total_seconds(), "parts": parts.count()}
    video_delete(video=video)  # so that the next measurement takes nothing over
    return found


def _analysed(path: Path, **values: Any) -> Any:
    """Return the video once the workers have completed it."""
    video = video_create(
        workspace=Workspace.objects.get(slug="default"),
        upload=store_stream(chunks=[path.read_bytes()], filename=path.name),
        **values,
    )
    late_at = time.monotonic() + _PATIENCE_S
    while video.status in ("UPLOADED", "PROCESSING") and time.monotonic() < late_at:
        time.sleep(0.1)
        video.refresh_from_db()
    if video.status != "COMPLETED":
        raise RuntimeError(f"{path.name} ended {video.status}: {video.status_reason}")
    return video
