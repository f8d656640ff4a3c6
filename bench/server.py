"""The whole server: a run of the sample, and uploads while it is idle and while it is not."""

import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from bench.figures import Figure, p50_p95
from bench.queue import submit
from pipeline.fleet import Fleet, crew
from pipeline.models import PipelineRun, StageRun
from videos.models import Video, Workspace
from videos.services.accounts import owner_ensure
from videos.services.uploads import store_stream
from videos.services.videos import video_create

_SAMPLE = Path(__file__).resolve().parents[1] / "docs" / "sample" / "sample.mp4"
_FLEET = {"web": ["web"], "workers": ["work"], "sweeper": ["sweep", "--every", "10"]}
_UPLOADS = 40
_QUEUED = 10_000
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


def accept() -> list[Figure]:
    """Latency of a 1 MB upload: nothing to do, against 10,000 queued stages and busy workers."""
    token = owner_ensure().token
    with Fleet(_FLEET, quiet=True):
        _upload(token, patience_s=30)
        _drain()
        idle = p50_p95([_upload(token) for _ in range(_UPLOADS)])
        _drain()
        _queue_up(_QUEUED)
        for _ in range(20):
            submit(compute_s=30)
        time.sleep(3)
        busy = p50_p95([_upload(token) for _ in range(_UPLOADS)])
        if StageRun.objects.filter(status="RUNNING").count() < settings.PIPELINE_WORKERS:
            raise RuntimeError("the workers were not busy")
    what = "accept a 1 MB upload, 10,000 stages queued and workers computing"
    return [
        Figure(f"{what}, {name}", f"{b:.0f} ms", f"idle {i:.0f} ms", b / i, "≤ 1.3")
        for name, i, b in zip(("p50", "p95"), idle, busy, strict=True)
    ]


def _upload(token: str, patience_s: float = 0) -> float:
    """Send one and return how long the answer took, ms, connection included."""
    boundary = uuid4().hex
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; "
        'name="file"; filename="one.mp4"\r\nContent-Type: video/mp4\r\n\r\n'
    )
    told = b'{"sleep_s": 0, "unique": "%s"}' % boundary.encode()
    body = head.encode() + told.ljust(1_000_000) + f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    late_at = time.monotonic() + patience_s
    while True:
        connection = HTTPConnection("127.0.0.1", settings.PORT, timeout=30)
        began = time.perf_counter()
        with suppress(ConnectionRefusedError):
            connection.request("POST", "/api/v1/videos", body, headers)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            if answer.status != 202:
                raise RuntimeError(f"the upload was answered with {answer.status}")
            return (time.perf_counter() - began) * 1000
        if time.monotonic() > late_at:
            raise TimeoutError("the web server does not answer")
        time.sleep(0.2)


def _drain() -> None:
    late_at = time.monotonic() + _PATIENCE_S
    while PipelineRun.objects.filter(status="ACTIVE").exists():
        if time.monotonic() > late_at:
            raise TimeoutError("the workers do not come to an end")
        time.sleep(0.1)


def _queue_up(count: int) -> None:
    """Insert ready stages of as many videos, without a file and a message each."""
    pattern: Any = StageRun.objects.filter(name="work").first()
    videos = [
        Video(
            workspace_id=pattern.run.video.workspace_id,
            title="queued",
            filename="queued.mp4",
            size_bytes=1,
            checksum_sha256=uuid4().hex * 2,
        )
        for _ in range(count)
    ]
    Video.objects.bulk_create(videos, batch_size=1000)
    runs = [PipelineRun(video=video) for video in videos]
    PipelineRun.objects.bulk_create(runs, batch_size=1000)
    stages = [
        StageRun(
            run=run,
            name=pattern.name,
            position=0,
            version=pattern.version,
            parameters=pattern.parameters,
            fingerprint=uuid4().hex * 2,
            status="QUEUED",
            queued_at=timezone.now(),
            priority=0,
        )
        for run in runs
    ]
    StageRun.objects.bulk_create(stages, batch_size=1000)
