"""Machines whose clocks differ: what two processes compare is told by the database's clock."""

import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from pipeline.fleet import Fleet
from pipeline.models import StageRun
from pipeline.selectors import served_queues
from tests import throwaway
from tests.execution.clusters import all_ended, running, tend_until
from tests.execution.conftest import make_started_video, stage
from videos.models import Video

pytestmark = [
    pytest.mark.alone,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform != "linux", reason="the clock is set by LD_PRELOAD"),
]

_HOURS = (-1, 1)


class TestAnHourApart:
    def test_two_workers_and_two_sweepers_keep_their_leases(
        self, waiting: None, monkeypatch: pytest.MonkeyPatch, gate: Path, lease_s: int
    ) -> None:
        monkeypatch.setenv("PIPELINE_WORKERS", "1")
        with ExitStack() as fleets:
            behind, ahead = (_cluster(fleets, hours) for hours in _HOURS)
            videos = [make_started_video() for _ in _HOURS]
            tend_until(behind, lambda: running() == len(videos))
            tend_until(behind, lambda: served_queues() == {"cpu"})
            time.sleep(lease_s * 1.5)
            assert running() == len(videos)
            gate.touch()
            tend_until(ahead, partial(all_ended, videos))

        assert {video.status for video in videos} == {Video.Status.COMPLETED}
        stages = [stage(video, "wait") for video in videos]
        assert {(one.attempt, one.losses) for one in stages} == {(1, 0)}
        assert len({one.worker for one in stages}) == len(_HOURS)
        assert all(0 <= _seconds(one) < 1800 for one in stages)  # no hour between two clocks


def _cluster(fleets: ExitStack, hours: int) -> Fleet:
    """Start a cluster and a sweeper whose clock is `hours` ahead."""
    with throwaway.clock(hours=hours):
        told = subprocess.check_output([sys.executable, "-c", "import time; print(time.time())"])
        assert round((float(told) - time.time()) / 3600) == hours
        commands = {"workers": ["work"], "sweeper": ["sweep", "--every", "0.5"]}
        return fleets.enter_context(Fleet(commands))


def _seconds(one: StageRun) -> float:
    assert one.started_at and one.finished_at
    return (one.finished_at - one.started_at).total_seconds()
