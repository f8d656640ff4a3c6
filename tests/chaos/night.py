"""One bad night inside: `python -m tests.chaos.night VIDEOS SECONDS SEED`, environment prepared."""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import django
import psutil

django.setup()

from django import db
from django.conf import settings
from django.core.management import call_command
from django.db.models.functions import Now

from pipeline.fleet import Fleet
from pipeline.models import StageRun
from tests import throwaway
from tests.chaos.harm import Harm
from tests.chaos.verdict import complaints
from tests.patience import PATIENCE_S
from videos.models import Video, Workspace
from videos.services.uploads import store_stream
from videos.services.videos import video_create

_FLEET = {
    "one": ["work"],
    "light": ["work", "--queue", "io"],
    "sweeper": ["sweep", "--every", "1"],
}
_AHEAD = {"two": ["work"]}
_BLOW_EVERY_S = 2.0
# Long enough for every process to prove that it starts; then the fleet never gives it up.
_HEAD_START_S = 21.0
_UNENDED = [Video.Status.UPLOADED, Video.Status.PROCESSING]


def live_through(*, videos: int, seconds: float, restarts: int, seed: int) -> list[str]:
    """Analyse `videos` while everything breaks for `seconds`; return what came of it wrongly."""
    rng = random.Random(seed)
    harm = Harm(rng, Path(settings.DATABASES["default"]["DATA_DIR"]))
    acts = _acts(videos, rng)
    pace_s, restart_s = seconds * 0.8 / videos, seconds / (restarts + 1)
    began = time.monotonic()
    blow_at = began + min(_HEAD_START_S, seconds / 4)
    with ExitStack() as fleets:
        fleet = fleets.enter_context(Fleet(_FLEET, quiet=True))
        with throwaway.clock(hours=1):
            ahead = fleets.enter_context(Fleet(_AHEAD, quiet=True))

        def tend() -> None:
            fleet.tend()
            with throwaway.clock(hours=1):
                ahead.tend()

        while (night_s := time.monotonic() - began) < seconds:
            if acts and night_s > (videos - len(acts)) * pace_s:
                _submit(acts.pop(), rng)
            if night_s > (sum(_restarts(harm).values()) + 1) * restart_s:
                harm.restart_postgres()
            if time.monotonic() > blow_at:
                harm.strike()
                blow_at += rng.expovariate(1 / _BLOW_EVERY_S)
            tend()
            time.sleep(0.05)
        for act in acts:  # a blow that took long kept them waiting
            _submit(act, rng)
        while Video.objects.filter(status__in=_UNENDED).exists() and _patient(began + seconds):
            tend()
            time.sleep(0.2)
        ended_s = time.monotonic() - began
        _print_what_is_left()
    found = complaints(videos)
    print(f"seed {seed}: {videos} videos in {ended_s:.0f} s, {seconds:.0f} s of them under fire")
    _print("blows", harm.done)
    _print("videos", Counter(Video.objects.values_list("status", flat=True)))
    return found


def _print_what_is_left() -> None:
    """Say what is under way where patience ended, and by whom: once all is stopped it is too late."""
    for stage in StageRun.objects.filter(run__status="ACTIVE").annotate(now=Now()):
        print(f"left: {stage} of {stage.run_id}, {stage.status}, attempt {stage.attempt}")
        print(f"  worker {stage.worker}, lease {stage.lease_expires_at}, now {stage.now}")
    if Video.objects.filter(status__in=_UNENDED).exists():
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                print(f"left: {process.ppid()} → {process.pid} {process.status()}", end=" ")
                print(*process.cmdline()[1:4])


def _patient(since: float) -> bool:
    return time.monotonic() < since + PATIENCE_S


def _restarts(harm: Harm) -> dict[str, int]:
    return {name: count for name, count in harm.done.items() if "postgres" in name}


def _acts(count: int, rng: random.Random) -> list[str]:
    """Most videos are well; one of each kind of trouble comes in any night."""
    trouble = ["poison", "poison_part", "leak", "hang", "hiccup"] * max(1, count // 20)
    acts = [*trouble, *["well"] * (count - len(trouble))]
    rng.shuffle(acts)
    return acts


def _submit(act: str, rng: random.Random) -> None:
    # To the last digit: equal bytes would take over one another's results, and divide nothing.
    told = json.dumps({"act": act, "work_s": rng.uniform(0.1, 2.0)})
    video_create(
        workspace=Workspace.objects.get(slug="default"),
        upload=store_stream(chunks=[told.encode()], filename=f"{act}.mp4"),
    )


def _print(what: str, counts: Counter[str]) -> None:
    print(f"{what}: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


@contextmanager
def _database() -> Iterator[None]:
    call_command("migrate", verbosity=0, interactive=False)
    try:
        yield
    finally:
        db.connections.close_all()


if __name__ == "__main__":
    videos, seconds, restarts, seed = map(int, sys.argv[1:])
    with _database():
        wrong = live_through(videos=videos, seconds=seconds, restarts=restarts, seed=seed)
    print("\n".join(wrong) or "nothing lost, nothing twice, every video ended as it should")
    sys.exit(bool(wrong))
