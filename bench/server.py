"""The whole server: a run of the sample, and long speech by one worker and by two."""

import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Self

import psutil

from bench.figures import Figure
from pipeline.fleet import Fleet, crew
from pipeline.models import StageRun
from tests import clips
from videos.models import Workspace
from videos.services.uploads import store_stream
from videos.services.videos import video_create, video_delete

_SAMPLE = Path(__file__).resolve().parents[1] / "docs" / "sample" / "sample.mp4"
_PATIENCE_S = 240
_EVERY_S = 0.25
_MOST_MB = 3072


def whole_run() -> list[Figure]:
    """From acceptance to the end, models loaded on the way, against the media's duration."""
    return [*_whole_run("standard", "≤ 0.6"), *_whole_run("full", "≤ 1.0")]


def _whole_run(profile: str, aim: str) -> list[Figure]:
    with Fleet(crew(), quiet=True), _Memory() as memory:
        video = _analysed(_SAMPLE, profile=profile)
    took_s = (video.completed_at - video.created_at).total_seconds()
    media_s = video.media.duration_ms / 1000
    skipped = StageRun.objects.filter(run__video=video, reason__code="model_missing")
    without = "".join(f", without {name}" for name in skipped.values_list("name", flat=True))
    video_delete(video=video)  # so that the next run takes nothing over
    what = f"whole run of the sample, {profile} profile{without}"
    peak, limit = f"{memory.peak_mb} MiB", f"limit {_MOST_MB} MiB"
    return [
        Figure(what, f"{took_s:.1f} s", f"media {media_s:.1f} s", took_s / media_s, aim),
        Figure(f"memory of all workers meanwhile, {profile} profile", peak, limit,
               memory.peak_mb / _MOST_MB, "≤ 1"),
    ]  # fmt: skip


class _Memory:
    """Watches how much memory this process's descendants have at most, MiB.

    What several share counts once (PSS). Linux only.
    """

    def __init__(self) -> None:
        self.peak_mb = 0
        self._over = Event()
        self._watch = Thread(target=self._look)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(_EVERY_S):
            family = psutil.Process().children(recursive=True)
            self.peak_mb = max(self.peak_mb, sum(_own_kb(p.pid) for p in family) >> 10)


def _own_kb(pid: int) -> int:
    with suppress(OSError):  # it ended
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return int(rollup.split("Pss:", 1)[1].split(maxsplit=1)[0])
    return 0


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
