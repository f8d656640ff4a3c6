"""Clusters of real processes, one a queue: who does what, and what waits for whom."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline import registry
from pipeline.checks import check_pipeline
from pipeline.fleet import Fleet
from pipeline.models import StageRun
from pipeline.selectors import outlook, served_queues
from tests.execution.clusters import all_ended, tend_until
from tests.execution.conftest import make_started_video, stage
from tests.throwaway import command_of
from videos.models import Video


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The file whose existence lets stages end."""
    return tmp_path / "gate"


@pytest.fixture
def waiting(gate: Path, settings: Any) -> Iterator[None]:
    """Plan a heavy stage, which waits for the gate, and a light one."""
    settings.PIPELINE_STAGES = {
        "tests.execution.waiting.Wait": {"until": str(gate)},
        "tests.execution.waiting.Glance": {},
    }
    settings.PIPELINE_PROFILES = {"standard": {"wait": {}, "glance": {}}}
    registry.stages.cache_clear()
    yield
    registry.stages.cache_clear()


@pytest.mark.django_db(transaction=True)
class TestClusters:
    @pytest.fixture(autouse=True)
    def _environment(
        self, workers_environment: None, waiting: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.execution.waiting_settings")
        monkeypatch.setenv("PIPELINE_QUEUES", "cpu,io,gpu")
        monkeypatch.setenv("PIPELINE_WORKERS", "2")

    def test_do_light_work_while_every_heavy_worker_is_busy(self, gate: Path) -> None:
        with Fleet({"cpu": ["work"], "io": ["work", "--queue", "io"]}) as fleet:
            videos = [make_started_video() for _ in range(4)]
            tend_until(fleet, lambda: _running("wait") == 2)

            tend_until(fleet, lambda: _ended("glance") == 4)

            assert _ended("wait") == 0
            gate.touch()
            tend_until(fleet, partial(all_ended, videos))

        assert {video.status for video in videos} == {Video.Status.COMPLETED}

    def test_do_what_was_sent_to_them_and_nothing_else(self, gate: Path, settings: Any) -> None:
        settings.PIPELINE_QUEUES = ["cpu", "io", "gpu"]
        settings.PIPELINE_STAGE_QUEUES = {"glance": "gpu"}
        gate.touch()
        video = make_started_video()
        with Fleet({"cpu": ["work"], "sweeper": ["sweep", "--every", "0.5"]}) as fleet:
            tend_until(fleet, lambda: _ended("wait") == 1)
            glance = stage(video, "glance")
            reason = outlook([glance]).waiting_for(glance)

        assert glance.status == "QUEUED"
        assert reason and reason["code"] == "no_worker"
        with Fleet({"gpu": ["work", "--queue", "gpu"]}) as fleet:
            tend_until(fleet, lambda: _ended("glance") == 1)
            (cluster,) = [p for p in psutil.Process().children() if "gpu" in command_of(p)]
            workers = {str(process.pid) for process in cluster.children(recursive=True)}
            assert stage(video, "glance").worker.rpartition(":")[2] in workers

    def test_tell_at_once_that_they_stop(self) -> None:
        with Fleet({"io": ["work", "--queue", "io"]}) as fleet:
            tend_until(fleet, lambda: served_queues() == {"io"})

        assert served_queues() == set()


class TestQueue:
    def test_is_cpu_where_its_own_has_no_workers(self, waiting: None, settings: Any) -> None:
        settings.PIPELINE_QUEUES = ["cpu"]

        assert [registry.queue(stage) for stage in registry.stages()] == ["cpu", "cpu"]

    def test_is_the_stages_own_unless_the_settings_move_it(
        self, waiting: None, settings: Any
    ) -> None:
        settings.PIPELINE_STAGE_QUEUES = {"wait": "io"}

        assert [registry.queue(stage) for stage in registry.stages()] == ["io", "io"]

    @pytest.mark.parametrize("moved", [{"wait": "gpu"}, {"wait": "fast"}, {"dream": "cpu"}])
    def test_is_checked(self, waiting: None, settings: Any, moved: dict[str, str]) -> None:
        settings.PIPELINE_STAGE_QUEUES = moved

        assert [found.id for found in check_pipeline()] == ["pipeline.E005"]


def _running(name: str) -> int:
    return StageRun.objects.filter(name=name, status="RUNNING").count()


def _ended(name: str) -> int:
    return StageRun.objects.filter(name=name, status="SUCCEEDED").count()
