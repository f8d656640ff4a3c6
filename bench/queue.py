"""The machinery around the stages: picking up, settling, scaling. Runs inside Django."""

import json
import time
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min

from bench.figures import Figure
from bench.stages import Worked
from pipeline.fleet import Fleet
from pipeline.models import StageRun
from pipeline.services import Succeeded, claim, settle
from videos.models import Video, Workspace
from videos.services.uploads import store_stream
from videos.services.videos import video_create

FLEET = {"workers": ["work"], "sweeper": ["sweep", "--every", "10"]}


def transitions(count: int = 300) -> list[Figure]:
    """Claims and settlements a second by one process, beside bare commits of one row."""
    for _ in range(count):
        submit(sleep_s=0)
    began = time.perf_counter()
    done = 0
    while lease := claim(queue="cpu", worker="bench"):
        settle(lease, Succeeded(model="", artefact="", result=Worked(0)))
        done += 2
    ours = done / (time.perf_counter() - began)
    bare = _bare_commits(done)
    return [
        Figure(
            "stage transitions, one process",
            f"{ours:.0f}/s",
            f"bare one-row commits {bare:.0f}/s",
            ours / bare,
        )
    ]


def throughput(stages_each: int = 12) -> dict[str, float]:
    """Return how many one-second sleeping stages a second the set number of workers ends."""
    workers = settings.PIPELINE_WORKERS
    with Fleet(FLEET, quiet=True):
        await_ended([submit(sleep_s=0.5) for _ in range(workers)])  # children are warm now
        videos = [submit(sleep_s=1) for _ in range(stages_each * workers)]
        await_ended(videos)
    rows = StageRun.objects.filter(run__video__in=videos)
    ends = rows.aggregate(first=Min("started_at"), last=Max("finished_at"))
    return {"rate": len(videos) / (ends["last"] - ends["first"]).total_seconds()}


def submit(**told: float) -> Video:
    """Take in a video that is worth this much work."""
    told["unique"] = time.monotonic_ns()  # its own checksum: no result is taken over
    return video_create(
        workspace=Workspace.objects.get(slug="default"),
        upload=store_stream(chunks=[json.dumps(told).encode()], filename="work.mp4"),
    )


def await_ended(videos: list[Video], patience_s: float = 120) -> None:
    late_at = time.monotonic() + patience_s
    unended = Video.objects.filter(
        id__in=[v.id for v in videos], status__in=["UPLOADED", "PROCESSING"]
    )
    while unended.exists():
        if time.monotonic() > late_at:
            raise TimeoutError(f"{unended.count()} videos have not ended after {patience_s} s")
        time.sleep(0.05)


def _bare_commits(count: int) -> float:
    video: Any = Video.objects.first()
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for number in range(count):
            cursor.execute(
                "UPDATE videos_video SET title = %s WHERE id = %s", [str(number), video.id]
            )
    return count / (time.perf_counter() - began)
