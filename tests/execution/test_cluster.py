"""A worker cluster of real processes: killed, stopped, cut off from its database; work goes on."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from django_q.status import Stat

from pipeline import registry
from pipeline.fleet import Fleet
from pipeline.models import StageRun
from tests.execution.conftest import make_started_video, stage
from videos.models import Video

pytestmark = pytest.mark.django_db(transaction=True)

_PATIENCE_S = 60
_STOP_S = 10
_ROLES = ["parent", "sentinel", "worker", "pusher", "monitor"]


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The file whose existence lets stages end."""
    return tmp_path / "gate"


@pytest.fixture
def cluster(
    workers_environment: None, monkeypatch: pytest.MonkeyPatch, settings: Any, gate: Path
) -> Iterator[Fleet]:
    """A supervised cluster of two workers that has come up."""
    settings.PIPELINE_STAGES = {"tests.execution.waiting.Wait": {"until": str(gate)}}
    settings.PIPELINE_PROFILES = {"standard": {"wait": {}}}
    registry.stages.cache_clear()
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.execution.waiting_settings")
    monkeypatch.setenv("PIPELINE_LEASE_S", "2")
    with Fleet({"workers": ["work"], "sweeper": ["sweep", "--every", "0.5"]}) as fleet:
        _tend_until(fleet, lambda: _roles() is not None)
        yield fleet
    registry.stages.cache_clear()


class TestADeath:
    """Each kind of process in turn, in one server: it starts again every time."""

    def test_while_idle_leaves_a_working_cluster_and_no_orphan(
        self, cluster: Fleet, gate: Path
    ) -> None:
        gate.touch()

        for role in _ROLES:
            victim = _one_of(cluster, role)
            before = _family()
            victim.kill()
            video = make_started_video()
            _tend_until(cluster, partial(_ended, video))

            assert video.status == Video.Status.COMPLETED, role
            _assert_no_orphans(cluster, before, victim)

    def test_while_busy_loses_no_work(self, cluster: Fleet, gate: Path) -> None:
        for role in _ROLES:
            gate.unlink(missing_ok=True)
            victim = _one_of(cluster, role)
            videos = [make_started_video() for _ in range(2)]
            _tend_until(cluster, lambda: _running() == 2)
            before = _family()
            victim.kill()
            cluster.tend()
            gate.touch()
            _tend_until(cluster, partial(_all_ended, videos))

            assert {video.status for video in videos} == {Video.Status.COMPLETED}, role
            _assert_no_orphans(cluster, before, victim)


class TestAStop:
    @pytest.mark.parametrize("whole_group", [False, True])
    def test_while_busy_hands_the_stages_back(self, cluster: Fleet, whole_group: bool) -> None:
        videos = [make_started_video() for _ in range(3)]
        _tend_until(cluster, lambda: _running() == 2)
        family = _family()
        parent = _parent()
        assert parent

        started = time.monotonic()
        if whole_group:
            os.killpg(parent.pid, signal.SIGTERM)
        else:
            parent.send_signal(signal.SIGTERM)
        code = parent.wait(timeout=_STOP_S)

        assert time.monotonic() - started < _STOP_S
        assert code == 0
        assert psutil.wait_procs(family, timeout=2)[1] == []
        stages = [stage(video, "wait") for video in videos]
        assert {(one.status, one.attempt) for one in stages} == {("QUEUED", 0)}


def _ended(video: Video) -> bool:
    video.refresh_from_db()
    return video.status not in {Video.Status.UPLOADED, Video.Status.PROCESSING}


def _all_ended(videos: list[Video]) -> bool:
    return all(map(_ended, videos))


def _running() -> int:
    return StageRun.objects.filter(status="RUNNING").count()


def _parent() -> psutil.Process | None:
    """Return the process that `manage.py work` is, if it is there."""
    children = psutil.Process().children()
    return next((p for p in children if _alive(p) and "work" in p.cmdline()), None)


def _roles() -> Stat | None:
    """Return what the cluster says about its processes, once all of them are there."""
    parent = _parent()
    told = [s for s in Stat.get_all() if parent and s.pid == parent.pid]
    return next((s for s in told if all(map(_runs, [s.monitor, s.pusher, *s.workers]))), None)


def _one_of(fleet: Fleet, role: str) -> psutil.Process:
    """Return a process of that role, once the cluster is up."""
    _tend_until(fleet, lambda: _roles() is not None)
    roles = _roles()
    assert roles, "the cluster fell silent"
    pids = {"parent": roles.pid, "worker": roles.workers[0]}
    return psutil.Process(pids.get(role) or getattr(roles, role))


def _family() -> list[psutil.Process]:
    """Return the cluster's processes, the stages' included."""
    parent = _parent()
    return [parent, *parent.children(recursive=True)] if parent else []


def _assert_no_orphans(fleet: Fleet, before: list[psutil.Process], victim: psutil.Process) -> None:
    """Of the processes before, all end that don't belong to the living cluster."""
    _tend_until(fleet, lambda: all(p in _family() for p in before if _alive(p)))
    assert not _alive(victim)


def _runs(pid: int) -> bool:
    return pid != 0 and psutil.pid_exists(pid) and _alive(psutil.Process(pid))


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False


def _tend_until(fleet: Fleet, done: Callable[[], bool]) -> None:
    late_at = time.monotonic() + _PATIENCE_S
    while not done():
        assert time.monotonic() < late_at, "it does not come to an end"
        fleet.tend()
        time.sleep(0.05)
