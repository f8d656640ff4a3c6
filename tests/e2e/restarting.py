"""A server whose PostgreSQL is restarted under it: `python -m tests.e2e.restarting GATE`.

The environment is prepared. Prints as JSON what became of a stage computed after a restart, of one
computed during a restart, and whether the worker processes are the same as before.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django

django.setup()

import psutil  # noqa: E402  models load after the set-up
from django import db  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from pipeline.fleet import Fleet  # noqa: E402
from pipeline.models import StageRun  # noqa: E402
from pipeline.selectors import served_queues  # noqa: E402
from tests.execution.conftest import make_started_video  # noqa: E402
from videointel.postgres import instance  # noqa: E402

_DATA_DIR = Path(settings.DATABASES["default"]["DATA_DIR"])
_PATIENCE_S = 40


def main(gate: Path) -> None:
    """Go through both restarts."""
    call_command("migrate", verbosity=0)
    settings.PIPELINE_STAGES = {"tests.execution.waiting.Wait": {"until": str(gate)}}
    with Fleet({"workers": ["work"], "sweeper": ["sweep", "--every", "1"]}) as fleet:
        _until(fleet, _served)
        before = _workers()
        gate.touch()
        _restart()
        after = _computed(fleet)
        gate.unlink()
        during = _computed(fleet, meanwhile=partial(_restart_and_open, gate))
        _until(fleet, _served)  # they tell of themselves through the database
        same = _workers() == before
    print(json.dumps({"after": after, "during": during, "same_workers": same}))  # noqa: T201  the answer


def _computed(fleet: Fleet, meanwhile: Callable[[], object] | None = None) -> list[object]:
    """Return how a stage ends and at which attempt; `meanwhile` happens while it computes."""
    stages = StageRun.objects.filter(run__video=make_started_video())
    if meanwhile:
        _until(fleet, stages.filter(status="RUNNING").exists)
        meanwhile()
    _until(fleet, stages.filter(finished_at__isnull=False).exists)
    return list(stages.values_list("status", "attempt").get())


def _restart() -> None:
    db.connections.close_all()
    instance.stop(_DATA_DIR)
    time.sleep(1)
    instance.run(_DATA_DIR)


def _restart_and_open(gate: Path) -> None:
    _restart()
    time.sleep(3)
    gate.touch()


def _served() -> bool:
    return "cpu" in served_queues()


def _workers() -> list[int]:
    """Return the processes that carry out stages: those that the sentinel forked first."""
    (parent,) = [p for p in psutil.Process().children() if "work" in p.cmdline()]
    (sentinel,) = [p for p in parent.children() if p.cmdline() == parent.cmdline()]
    return sorted(p.pid for p in sentinel.children())[: settings.PIPELINE_WORKERS]


def _until(fleet: Fleet, done: Callable[[], bool]) -> None:
    late_at = time.monotonic() + _PATIENCE_S
    while not done():
        assert time.monotonic() < late_at, "it does not come to an end"
        fleet.tend()
        time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
