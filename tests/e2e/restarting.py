"""A server whose PostgreSQL is restarted under it: `python -m tests.e2e.restarting GATE`.

The environment is prepared. Prints as JSON what became of a stage computed after a restart, of one
computed during a restart, whether the server's processes are the same as before, and whether the
web server says that all is well.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import django

django.setup()

import psutil
from django import db
from django.conf import settings
from django.core.management import call_command

from pipeline.fleet import Fleet
from pipeline.models import StageRun
from tests.execution.conftest import make_started_video
from tests.patience import PATIENCE_S, until
from tests.throwaway import command_of
from videointel.postgres import instance

_DATA_DIR = Path(settings.DATABASES["default"]["DATA_DIR"])


def main(gate: Path) -> None:
    """Go through both restarts."""
    call_command("migrate", verbosity=0)
    settings.PIPELINE_STAGES = {"tests.execution.waiting.Wait": {"until": str(gate)}}
    commands = {"workers": ["work"], "sweeper": ["sweep", "--every", "1"], "web": ["web"]}
    with Fleet(commands) as fleet:
        _until(fleet, _ready)
        before = _processes()
        gate.touch()
        _restart()
        after = _computed(fleet)
        gate.unlink()
        during = _computed(fleet, meanwhile=partial(_restart_and_open, gate))
        _until(fleet, _ready)
        same = _processes() == before
    print(json.dumps({"after": after, "during": during, "same_processes": same}))  # noqa: T201  the answer


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
    instance.run(_DATA_DIR, settings.DATABASES["default"]["MEMORY_MB"])


def _restart_and_open(gate: Path) -> None:
    _restart()
    time.sleep(3)
    gate.touch()


def _ready() -> bool:
    """Tell whether the web server finds the database, the queue and workers."""
    try:
        with urlopen(f"http://127.0.0.1:{settings.PORT}/readyz", timeout=PATIENCE_S) as answer:
            return bool(answer.status == 200)
    except OSError:  # among them its 503
        return False


def _processes() -> list[int]:
    """Return the web server, the sweeper, and the workers: those that the sentinel forked first."""
    ours = {
        command[2]: p
        for p in psutil.Process().children()
        if "manage.py" in str(command := command_of(p))
    }
    parent = ours["work"]
    (sentinel,) = [p for p in parent.children() if command_of(p) == command_of(parent)]
    forked = sorted(sentinel.children(), key=lambda p: (p.create_time(), p.pid))
    workers = [p.pid for p in forked[: settings.PIPELINE_WORKERS]]
    return [ours["sweep"].pid, parent.pid, sentinel.pid, *workers, *_web()]


def _web() -> list[int]:
    return sorted(
        p.pid for p in psutil.Process().children(recursive=True) if "granian" in str(command_of(p))
    )


def _until(fleet: Fleet, done: Callable[[], bool]) -> None:
    until(done, meanwhile=fleet.tend)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
