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
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from pipeline import registry
from pipeline.broker import PostgresBroker
from pipeline.fleet import Fleet
from pipeline.services.doorbell import ring
from tests.execution.clusters import (
    all_ended,
    ended,
    family_of,
    first_process,
    first_processes,
    known_roles,
    members,
    pid_of,
    roles_of,
    running,
    tend_until,
)
from tests.execution.conftest import make_started_video, stage
from tests.patience import PATIENCE_S, until
from tests.throwaway import alive, command_of
from videos.models import Video

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]

Clusters = Callable[[Sequence[str]], AbstractContextManager[tuple[Fleet, list[psutil.Process]]]]

_RANDOM = random.Random()
_ROLES = ("parent", "sentinel", "worker", "pusher", "monitor")


@pytest.fixture
def cluster(waiting: None) -> Iterator[Fleet]:
    """A supervised cluster of two workers that has come up."""
    with Fleet({"workers": ["work"], "sweeper": ["sweep", "--every", "0.5"]}) as fleet:
        tend_until(fleet, lambda: roles_of(first_process()) is not None)
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
            parents = first_processes()
            tend_until(fleet, lambda: all(map(roles_of, parents)))
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
            before = list(chain.from_iterable(map(family_of, parents)))

            for victim in victims:
                victim.kill()
            tend_until(fleet, partial(_mended, before, victims))
            video = make_started_video()
            tend_until(fleet, partial(ended, video))

            assert video.status == Video.Status.COMPLETED
            assert len(first_processes()) == len(_ROLES)

    def test_while_busy_loses_no_work(self, clusters: Clusters, gate: Path) -> None:
        with clusters(_ROLES) as (fleet, parents):
            videos = [make_started_video() for _ in _ROLES]
            tend_until(fleet, lambda: running() == len(videos))
            victims = _victims(_ROLES, parents)
            before = list(chain.from_iterable(map(family_of, parents)))

            for victim in victims:
                victim.kill()
            tend_until(fleet, partial(_mended, before, victims))
            gate.touch()
            tend_until(fleet, partial(all_ended, videos))

            assert {video.status for video in videos} == {Video.Status.COMPLETED}
            assert {stage(video, "wait").attempt for video in videos} == {1}


@pytest.mark.parametrize("lease_s", [2])  # it takes three of them
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
            before = list(chain.from_iterable(map(family_of, parents)))

            for victim in victims:
                victim.suspend()
            tend_until(fleet, partial(_gone_for_all_the_ringing, victims))
            video = make_started_video()
            tend_until(fleet, partial(ended, video))

            assert video.status == Video.Status.COMPLETED
            tend_until(fleet, lambda: not any(map(alive, before)))

    def test_at_a_stage_costs_that_worker_alone(self, cluster: Fleet, gate: Path) -> None:
        video = make_started_video()
        tend_until(cluster, lambda: running() == 1)
        sentinel = known_roles().sentinel
        worker = psutil.Process(int(stage(video, "wait").worker.rpartition(":")[2]))

        worker.suspend()
        tend_until(cluster, lambda: not alive(worker))
        gate.touch()
        tend_until(cluster, partial(ended, video))

        assert video.status == Video.Status.COMPLETED
        assert stage(video, "wait").attempt == 1
        assert known_roles().sentinel == sentinel


class TestAStop:
    """`SIGTERM` to each kind of process, and to the whole group: a cluster for each, all at once."""

    _TARGETS = ("parent", "group", "sentinel", "worker", "pusher", "monitor")

    def test_at_any_moment_hands_all_stages_back(self, clusters: Clusters) -> None:
        videos = [make_started_video() for _ in range(len(self._TARGETS) // 2)]  # the rest is idle
        with clusters(self._TARGETS) as (_fleet, parents):
            until(lambda: running() == len(videos))
            family = list(chain.from_iterable(map(family_of, parents)))

            for target, parent in zip(self._TARGETS, parents, strict=True):
                time.sleep(_RANDOM.uniform(0, 0.3))
                _terminate(target, parent)
            codes = [parent.wait(timeout=PATIENCE_S) for parent in parents]

            assert codes == [0] * len(parents)
            assert psutil.wait_procs(family, timeout=PATIENCE_S)[1] == []
        stages = [stage(video, "wait") for video in videos]
        assert {(one.status, one.attempt, one.losses) for one in stages} == {("QUEUED", 0, 0)}

    def test_while_starting_leaves_nothing_behind(self, waiting: None) -> None:
        with Fleet({str(n): ["work"] for n in range(3)}):
            parents = first_processes()
            time.sleep(_RANDOM.uniform(0.5, 2))
            family = [process for parent in parents for process in family_of(parent)]

            for parent in parents:
                os.killpg(parent.pid, signal.SIGTERM)

            assert psutil.wait_procs([*parents, *family], timeout=PATIENCE_S)[1] == []

    def test_of_one_cluster_passes_its_stages_to_the_next(self, cluster: Fleet, gate: Path) -> None:
        """A rolling restart: nothing is lost, and no attempt counted."""
        videos = [make_started_video() for _ in range(3)]
        tend_until(cluster, lambda: running() == 2)
        old = first_process()
        assert old

        with Fleet({"new": ["work"]}) as new:
            (young,) = [parent for parent in first_processes() if parent.pid != old.pid]
            until(lambda: roles_of(young) is not None)
            old.terminate()
            code = old.wait(timeout=PATIENCE_S)
            gate.touch()
            tend_until(new, partial(all_ended, videos))

        assert code == 0
        stages = [stage(video, "wait") for video in videos]
        ends = {(one.status, one.attempt, one.losses) for one in stages}
        assert ends == {("SUCCEEDED", 1, 0)}


class TestABusyCluster:
    def test_leaves_the_messages_to_one_that_has_time(
        self, waiting: None, settings: Any, monkeypatch: pytest.MonkeyPatch, gate: Path
    ) -> None:
        """No sweeper rings again here."""
        monkeypatch.setenv("PIPELINE_WORKERS", "1")
        with Fleet({"busy": ["work"]}) as busy:
            long = make_started_video()
            tend_until(busy, lambda: running() == 1)
            settings.PIPELINE_STAGES = {"tests.execution.waiting.Wait": {}}
            registry.stages.cache_clear()
            with Fleet({"idle": ["work"]}) as idle:
                tend_until(idle, lambda: all(map(roles_of, first_processes())))
                shorts = [make_started_video() for _ in range(4)]
                tend_until(idle, partial(all_ended, shorts))
                assert running() == 1
                gate.touch()
                tend_until(busy, partial(ended, long))


class TestRubbish:
    def test_among_the_messages_stops_nobody(self, cluster: Fleet, gate: Path) -> None:
        """Signed with another key, of a function that is not there, or ending in an exception."""
        before = members()
        PostgresBroker("cpu").enqueue("rubbish")
        PostgresBroker("cpu").enqueue(SignedPackage.dumps({"id": "1"}).swapcase())
        async_task("no.such.function", cluster="cpu")
        async_task("pipeline.tasks.drain", "cpu", "too", "many", cluster="cpu")
        gate.touch()

        video = make_started_video()
        tend_until(cluster, partial(ended, video))

        assert video.status == Video.Status.COMPLETED
        assert members() == before


class TestASleep:
    def test_of_the_whole_machine_loses_no_stage(
        self, cluster: Fleet, gate: Path, lease_s: int
    ) -> None:
        """The sweeper wakes first."""
        video = make_started_video()
        sweeper = next(p for p in psutil.Process().children() if "sweep" in command_of(p))
        tend_until(cluster, lambda: running() == 1 and _sweeps(sweeper))
        everybody = [*filter(alive, psutil.Process().children(recursive=True))]

        for process in everybody:
            process.suspend()
        time.sleep(lease_s + 0.5)
        sweeper.resume()
        time.sleep(0.5)
        for process in everybody:
            process.resume()
        time.sleep(lease_s)
        gate.touch()
        tend_until(cluster, partial(ended, video))

        assert stage(video, "wait").losses == 0


class TestAFailover:
    def test_to_a_standby_that_cannot_write_yet_is_waited_out(
        self, cluster: Fleet, gate: Path
    ) -> None:
        """It answers, so a connection to it looks well; only a new one leads elsewhere."""
        video = make_started_video()
        tend_until(cluster, lambda: running() == 1)
        before = members()

        _let_the_others_only_read(True)
        gate.touch()
        time.sleep(2)
        _let_the_others_only_read(False, cut=False)
        tend_until(cluster, partial(ended, video))

        assert video.status == Video.Status.COMPLETED
        assert members() == before


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


def _gone_for_all_the_ringing(processes: list[psutil.Process]) -> bool:
    """Give the clusters messages to choke on; say whether none of the processes is left."""
    ring("cpu")
    return not any(map(alive, processes))


def _sweeps(sweeper: psutil.Process) -> bool:
    """Tell whether it is past its start: until then it knows of no sleep; two threads help it."""
    return sweeper.num_threads() > 2


def _victims(roles: Sequence[str], parents: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Return a process of each role, each from another cluster."""
    return [
        psutil.Process(pid_of(known_roles(parent), role))
        for role, parent in zip(roles, parents, strict=True)
    ]


def _terminate(target: str, parent: psutil.Process) -> None:
    if target == "group":
        os.killpg(parent.pid, signal.SIGTERM)
    else:
        os.kill(pid_of(known_roles(parent), target), signal.SIGTERM)


def _mended(before: list[psutil.Process], victims: list[psutil.Process]) -> bool:
    """Tell whether all clusters are up, and those processes of before gone that are in none."""
    if any(map(alive, victims)) or not all(map(roles_of, first_processes())):
        return False
    living = {p.pid for p in chain.from_iterable(map(family_of, first_processes()))}
    return all(p.pid in living for p in before if alive(p))
