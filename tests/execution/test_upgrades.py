"""Analyses that wait while the code is upgraded, and fleets of which some are older than others."""

from typing import Any

import pytest

from pipeline import registry, runner
from pipeline.models import PipelineRun, StageRun
from pipeline.services import Declined, Outdated, Succeeded, cancel, claim, settle
from tests.execution import faults
from tests.execution.conftest import claimed, make_started_video, stage, work_off
from videos.lifecycle import Reason
from videos.models import Video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def video(stages: Any) -> Video:
    """One of whose stages the first has ended."""
    video = make_started_video()
    runner.run_one("cpu")
    return video


def upgrade(monkeypatch: pytest.MonkeyPatch, kind: type, version: int) -> None:
    """Have this process's code be of another version of a stage."""
    monkeypatch.setattr(kind, "version", version)
    registry.stages.cache_clear()


def rows(run: PipelineRun) -> list[tuple[str, str, int, bool]]:
    ordered = run.stages.order_by("position")
    return [(row.name, row.status, row.version, row.reused) for row in ordered]


class TestAnOldPlan:
    def test_is_made_anew_and_keeps_what_still_stands(
        self, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upgrade(monkeypatch, faults.Needs, 2)

        work_off(video)

        old, new = video.runs.order_by("created_at")
        assert video.status == Video.Status.COMPLETED
        assert rows(old) == [
            ("first", "SUCCEEDED", 1, False),
            ("second", "CANCELLED", 1, False),
            ("third", "CANCELLED", 1, False),
        ]
        assert rows(new)[:2] == [("first", "SUCCEEDED", 1, True), ("second", "SUCCEEDED", 2, False)]
        assert (new.turn, new.priority) == (old.turn, old.priority)

    def test_is_made_anew_where_an_input_is_of_old_code(
        self, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upgrade(monkeypatch, faults.Act, 2)

        work_off(video)

        new = video.runs.latest("created_at")
        assert video.status == Video.Status.COMPLETED
        assert rows(new)[0] == ("first", "SUCCEEDED", 2, False)

    @pytest.mark.parametrize("changed", [{"name": "gone"}, {"parameters": {"gone": 1}}])
    def test_is_made_anew_where_the_stage_is_another(
        self, video: Video, changed: dict[str, Any]
    ) -> None:
        StageRun.objects.filter(name="second").update(**changed)

        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert stage(video, "second").status == "SUCCEEDED"

    def test_takes_the_stages_of_other_workers_along(self, stages: Any) -> None:
        video = make_started_video()
        lease = claimed()
        (second,) = StageRun.objects.filter(run=lease.run_id, name="second")
        StageRun.objects.filter(id=second.id).update(status="QUEUED")
        other = claim(queue="cpu", worker="w2")
        assert other and other.name == "second"

        assert settle(lease, Outdated())

        assert not settle(other, Succeeded(model="", artefact="", result=None))
        assert not settle(lease, Outdated())
        assert work_off(video).status == Video.Status.COMPLETED

    def test_is_not_made_anew_for_a_run_that_nobody_wants(self, stages: Any) -> None:
        video = make_started_video()
        lease = claimed()
        cancel(video=video)

        assert settle(lease, Outdated())

        assert video.runs.count() == 1
        assert stage(video, "first").status == "CANCELLED"


class TestAnOldWorker:
    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runner, "_STEP_BACK_S", 0.0)

    def test_leaves_the_stage_to_others(self, video: Video) -> None:
        StageRun.objects.filter(name="second").update(version=2)

        runner.run_one("cpu")

        second = stage(video, "second")
        assert (second.status, second.attempt, second.losses) == ("QUEUED", 0, 0)
        assert second.reason and second.reason["code"] == "worker_outdated"
        assert second.run_after
        assert video.runs.count() == 1

    def test_that_was_forgotten_fails_nothing_however_often_it_looks(
        self, video: Video, settings: Any
    ) -> None:
        settings.PIPELINE_MAX_LOSSES = 2
        StageRun.objects.filter(name="second").update(version=2)

        for _ in range(3):
            runner.run_one("cpu")
            StageRun.objects.filter(name="second").update(run_after=None)
        StageRun.objects.filter(name="second").update(version=1)  # now by one that was updated

        assert work_off(video).status == Video.Status.COMPLETED

    def test_ends_what_nobody_wants_any_more(self, video: Video) -> None:
        reason = Reason(code="worker_outdated", message="Update it.")
        lease = claimed()
        cancel(video=video)

        assert settle(lease, Declined(reason, 10.0))

        assert stage(video, "second").status == "CANCELLED"
        assert not settle(lease, Declined(reason, 10.0))
