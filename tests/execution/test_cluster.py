"""A worker cluster of real processes: killed, stopped, cut off from its database; work goes on."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import connection
from django_q.status import Stat

from pipeline import registry
from pipeline.fleet import Fleet
from pipeline.models import StageRun
from pipeline.services.doorbell import ring
from tests.execution.conftest import make_started_video, stage
from videos.models import Video

pytestmark = pytest.mark.django_db(transaction=True)

Clusters = Callable[[Sequence[str]], AbstractContextManager[tuple[Fleet, list[psutil.Process]]]]

_PATIENCE_S = 60
_STOP_S = 10
_RANDOM = random.Random()  # noqa: S311  chooses moments, guards no secret
_ROLES = ("parent", "sentinel", "worker", "pusher", "monitor")


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The file whose existence lets stages end."""
    return tmp_path / "gate"


@pytest.fixture
def lease_s() -> int:
    return 2


@pytest.fixture
def waiting(
    workers_environment: None,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    gate: Path,
    lease_s: int,
) -> Iterator[None]:
    """Videos have one stage, which waits for the gate; so it is in processes that a test starts."""
    settings.PIPELINE_STAGES = {"tests.execution.waiting.Wait": {"until": str(gate)}}
    settings.PIPELINE_PROFILES = {"standard": {"wait": {}}}
    registry.stages.cache_clear()
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.execution.waiting_settings")
    monkeypatch.setenv("PIPELINE_LEASE_S", str(lease_s))
    yield
    registry.stages.cache_clear()


@pytest.fixture
def cluster(waiting: None) -> Iterator[Fleet]:
    """A supervised cluster of two workers that has come up."""
    with Fleet({"workers": ["work"], "sweeper": ["sweep", "--every", "0.5"]}) as fleet:
        _tend_until(fleet, lambda: _roles(_parent()) is not None)
        yield fleet


@pytest.fixture
def clusters(waiting: None, monkeypatch: pytest.MonkeyPatch) -> Clusters:
    """Starts clusters of one worker each, a name each, and gives the first processes of them."""
    monkeypatch.setenv("PIPELINE_WORKERS", "1")
    monkeypatch.setattr("pipeline.fleet._RESTART_PAUSE_S", 0)

    @contextmanager
    def started(names: Sequence[str]) -> Iterator[tuple[Fleet, list[psutil.Process]]]:
        commands = {name: ["work"] for name in names}
        with Fleet(commands | {"sweeper": ["sweep", "--every", "0.5"]}) as fleet:
            parents = _parents()
            _tend_until(fleet, lambda: all(map(_roles, parents)))
            yield fleet, parents

    return started


class TestADeath:
    """Of each kind of process, in a cluster each, all at once: each starts again."""

    def test_while_idle_leaves_working_clusters_and_no_orphan(
        self, clusters: Clusters, gate: Path
    ) -> None:
        gate.touch()
        with clusters(_ROLES) as (fleet, parents):
            victims = _victims(_ROLES, parents)
            before = list(chain.from_iterable(map(_family, parents)))

            for victim in victims:
                victim.kill()
            _tend_until(fleet, partial(_mended, before, victims))
            video = make_started_video()
            _tend_until(fleet, partial(_ended, video))

            assert video.status == Video.Status.COMPLETED
            assert len(_parents()) == len(_ROLES)

    def test_while_busy_loses_no_work(self, clusters: Clusters, gate: Path) -> None:
        with clusters(_ROLES) as (fleet, parents):
            videos = [make_started_video() for _ in _ROLES]
            _tend_until(fleet, lambda: _running() == len(videos))
            victims = _victims(_ROLES, parents)
            before = list(chain.from_iterable(map(_family, parents)))

            for victim in victims:
                victim.kill()
            _tend_until(fleet, partial(_mended, before, victims))
            gate.touch()
            _tend_until(fleet, partial(_all_ended, videos))

            assert {video.status for video in videos} == {Video.Status.COMPLETED}
            assert {stage(video, "wait").attempt for video in videos} == {1}


@pytest.mark.parametrize("lease_s", [1])
class TestAHang:
    """A process that was stopped, as one that waits for what never comes, makes room for others."""

    def test_while_idle_ends_its_cluster_which_starts_again(
        self, clusters: Clusters, gate: Path
    ) -> None:
        """A cluster for each kind of process, all at once."""
        gate.touch()
        hanging = ("sentinel", "worker", "pusher", "monitor")
        with clusters(hanging) as (fleet, parents):
            victims = _victims(hanging, parents)
            before = list(chain.from_iterable(map(_family, parents)))

            for victim in victims:
                victim.suspend()
            _tend_until(fleet, partial(_gone_for_all_the_ringing, victims))
            video = make_started_video()
            _tend_until(fleet, partial(_ended, video))

            assert video.status == Video.Status.COMPLETED
            _tend_until(fleet, lambda: not any(map(_alive, before)))

    def test_at_a_stage_costs_that_worker_alone(self, cluster: Fleet, gate: Path) -> None:
        video = make_started_video()
        _tend_until(cluster, lambda: _running() == 1)
        sentinel = _known_roles().sentinel
        worker = psutil.Process(int(stage(video, "wait").worker.rpartition(":")[2]))

        worker.suspend()
        _tend_until(cluster, lambda: not _alive(worker))
        gate.touch()
        _tend_until(cluster, partial(_ended, video))

        assert video.status == Video.Status.COMPLETED
        assert stage(video, "wait").attempt == 1
        assert _known_roles().sentinel == sentinel


class TestAStop:
    """`SIGTERM` to each kind of process, and to the whole group: a cluster for each, all at once."""

    _TARGETS = ("parent", "group", "sentinel", "worker", "pusher", "monitor")

    def test_at_any_moment_hands_all_stages_back(self, clusters: Clusters) -> None:
        videos = [make_started_video() for _ in range(len(self._TARGETS) // 2)]  # the rest is idle
        with clusters(self._TARGETS) as (_fleet, parents):
            _until(lambda: _running() == len(videos))
            family = list(chain.from_iterable(map(_family, parents)))

            for target, parent in zip(self._TARGETS, parents, strict=True):
                time.sleep(_RANDOM.uniform(0, 0.3))
                _terminate(target, parent)
            codes = [parent.wait(timeout=_STOP_S) for parent in parents]

            assert codes == [0] * len(parents)
            assert psutil.wait_procs(family, timeout=2)[1] == []
        stages = [stage(video, "wait") for video in videos]
        assert {(one.status, one.attempt, one.losses) for one in stages} == {("QUEUED", 0, 0)}

    def test_while_starting_leaves_nothing_behind(self, waiting: None) -> None:
        with Fleet({str(n): ["work"] for n in range(3)}):
            parents = _parents()
            time.sleep(_RANDOM.uniform(0.5, 2))
            family = [process for parent in parents for process in _family(parent)]

            for parent in parents:
                os.killpg(parent.pid, signal.SIGTERM)

            assert psutil.wait_procs([*parents, *family], timeout=_STOP_S)[1] == []

    def test_of_one_cluster_passes_its_stages_to_the_next(self, cluster: Fleet, gate: Path) -> None:
        """A rolling restart: nothing is lost, and no attempt counted."""
        videos = [make_started_video() for _ in range(3)]
        _tend_until(cluster, lambda: _running() == 2)
        old = _parent()
        assert old

        with Fleet({"new": ["work"]}) as new:
            (young,) = [parent for parent in _parents() if parent.pid != old.pid]
            _until(lambda: _roles(young) is not None)
            old.terminate()
            code = old.wait(timeout=_STOP_S)
            gate.touch()
            _tend_until(new, partial(_all_ended, videos))

        assert code == 0
        stages = [stage(video, "wait") for video in videos]
        ends = {(one.status, one.attempt, one.losses) for one in stages}
        assert ends == {("SUCCEEDED", 1, 0)}


class TestAFailover:
    def test_to_a_standby_that_cannot_write_yet_is_waited_out(
        self, cluster: Fleet, gate: Path
    ) -> None:
        """It answers, so a connection to it looks well; only a new one leads elsewhere."""
        video = make_started_video()
        _tend_until(cluster, lambda: _running() == 1)
        before = _members()

        _let_the_others_only_read(True)
        gate.touch()
        time.sleep(2)
        _let_the_others_only_read(False, cut=False)
        _tend_until(cluster, partial(_ended, video))

        assert video.status == Video.Status.COMPLETED
        assert _members() == before


def _let_the_others_only_read(only: bool, *, cut: bool = True) -> None:
    """Have new connections only read, or read and write; cut the old ones, other than ours."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {only}")
        if cut:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND pid <> pg_backend_pid()",
                [name],
            )


def _members() -> tuple[int, ...]:
    roles = _known_roles()
    return (roles.pid, roles.sentinel, roles.monitor, roles.pusher, *sorted(roles.workers))


def _ended(video: Video) -> bool:
    video.refresh_from_db()
    return video.status not in {Video.Status.UPLOADED, Video.Status.PROCESSING}


def _all_ended(videos: list[Video]) -> bool:
    return all(map(_ended, videos))


def _gone_for_all_the_ringing(processes: list[psutil.Process]) -> bool:
    """Give the clusters messages to choke on; say whether none of the processes is left."""
    ring("cpu")
    return not any(map(_alive, processes))


def _running() -> int:
    return StageRun.objects.filter(status="RUNNING").count()


def _parents() -> list[psutil.Process]:
    """Return the processes that `manage.py work` is, in the order of their start."""
    children = psutil.Process().children()
    return sorted((p for p in children if _alive(p) and "work" in p.cmdline()), key=lambda p: p.pid)


def _parent() -> psutil.Process | None:
    return next(iter(_parents()), None)


def _roles(parent: psutil.Process | None) -> Stat | None:
    """Return what a cluster says about its processes, once all of them are there."""
    told = [s for s in Stat.get_all() if parent and s.pid == parent.pid]
    return next((s for s in told if all(map(_runs, [s.monitor, s.pusher, *s.workers]))), None)


def _known_roles(parent: psutil.Process | None = None) -> Stat:
    """Return them as soon as the cluster tells: who asks at the wrong moment is told nothing."""
    told: list[Stat | None] = []

    def tells() -> bool:
        told.append(_roles(parent or _parent()))
        return told[-1] is not None

    _until(tells)
    return told[-1]


def _victims(roles: Sequence[str], parents: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Return a process of each role, each from another cluster."""
    return [
        psutil.Process(_pid(_known_roles(parent), role))
        for role, parent in zip(roles, parents, strict=True)
    ]


def _pid(roles: Stat, role: str) -> int:
    pids = {"parent": roles.pid, "worker": roles.workers[0]}
    return int(pids.get(role) or getattr(roles, role))


def _terminate(target: str, parent: psutil.Process) -> None:
    if target == "group":
        os.killpg(parent.pid, signal.SIGTERM)
    else:
        os.kill(_pid(_known_roles(parent), target), signal.SIGTERM)


def _family(parent: psutil.Process | None) -> list[psutil.Process]:
    """Return the cluster's processes, the stages' included."""
    return [parent, *parent.children(recursive=True)] if parent else []


def _mended(before: list[psutil.Process], victims: list[psutil.Process]) -> bool:
    """Tell whether all clusters are up, and those processes of before gone that are in none."""
    if any(map(_alive, victims)) or not all(map(_roles, _parents())):
        return False
    living = {p.pid for p in chain.from_iterable(map(_family, _parents()))}
    return all(p.pid in living for p in before if _alive(p))


def _runs(pid: int) -> bool:
    return pid != 0 and psutil.pid_exists(pid) and _alive(psutil.Process(pid))


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False


def _tend_until(fleet: Fleet, done: Callable[[], bool]) -> None:
    def tended() -> bool:
        fleet.tend()
        return done()

    _until(tended)


def _until(done: Callable[[], bool]) -> None:
    late_at = time.monotonic() + _PATIENCE_S
    while not done():
        assert time.monotonic() < late_at, "it does not come to an end"
        time.sleep(0.05)
