"""What may happen to a stage while its child computes: death, bugs of ours, loss, cancellation."""

from functools import partial
from typing import Any
from uuid import uuid4

import psutil
import pytest
from django.db import IntegrityError, OperationalError

from pipeline import oversight, runner, store
from pipeline.models import StageRun
from pipeline.services import cancel, retry, settle
from tests.execution import faults
from tests.execution.conftest import (
    Configure,
    make_started_video,
    once_running,
    stage,
    work_off,
)
from tests.throwaway import command_of
from videos.models import Video
from videos.services import video_delete

pytestmark = pytest.mark.django_db(transaction=True)


class TestDeaths:
    def test_of_the_child_count_and_name_the_killer(self, stages: Configure) -> None:
        stages(first="crash")
        video = work_off(make_started_video())

        first = stage(video, "first")
        assert (first.status, first.attempt) == ("FAILED", first.max_attempts)
        assert first.reason and first.reason["code"] == "worker_crashed"
        assert "SIGSEGV" in first.reason["message"]

    def test_do_not_touch_the_next_video(self, stages: Configure) -> None:
        stages(first="crash")
        poisoned = make_started_video()
        work_off(poisoned)
        stages()

        well = work_off(make_started_video())

        assert well.status == Video.Status.COMPLETED

    def test_come_when_the_deadline_is_over_even_in_a_hang(
        self, stages: Configure, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.PIPELINE_MAX_ATTEMPTS = 1
        monkeypatch.setattr(faults.Act, "deadline_base_s", 1)
        stages(first="hang")
        video = make_started_video()

        runner.run_one("cpu")

        first = stage(video, "first")
        assert first.reason and first.reason["code"] == "deadline_exceeded"
        assert _children_left() == []


class TestBugs:
    """Of ours, outside the child: the stage ends with a reason, and the next one is untouched."""

    def test_in_a_writer_fail_the_stage_at_once(
        self, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> None:
            raise IntegrityError("a constraint")

        monkeypatch.setattr("pipeline.services.ends.write", broken)

        runner.run_one("cpu")

        first = stage(video, "first")
        assert (first.status, first.attempt) == ("FAILED", 1)
        assert first.reason and first.reason["code"] == "internal_error"
        assert not list((store.video_dir(video.id) / "artefacts").glob("*"))

    def test_while_supervising_do_not_give_one_stages_end_to_another(
        self, stages: Configure, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stages(first="slow")
        settings.PIPELINE_LEASE_S = 1
        ill, well = make_started_video(), make_started_video()

        def broken(*_: Any, **__: Any) -> bool:
            raise LookupError("what nobody thought of")

        with monkeypatch.context() as patch:
            patch.setattr(oversight, "renew", broken)
            runner.run_one("cpu")
        for _ in range(2):  # what is left of the one, and then the other
            runner.run_one("cpu")

        statuses = {stage(v, "first").status for v in (ill, well)}
        assert statuses == {"FAILED", "SUCCEEDED"}
        (done,) = StageRun.objects.filter(name="first", status="SUCCEEDED")
        assert (store.absolute(done.artefact) / "kept.txt").exists()

    def test_of_a_commit_that_succeeded_unheard_keep_the_files(
        self, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unheard(*args: Any) -> bool:
            monkeypatch.setattr(runner, "settle", settle)
            settle(*args)
            raise OperationalError("the connection is gone")

        monkeypatch.setattr(runner, "settle", unheard)

        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert (store.absolute(stage(video, "first").artefact) / "kept.txt").exists()


class TestLeases:
    def test_lost_while_computing_discard_the_result(
        self, stages: Configure, settings: Any
    ) -> None:
        stages(first="hang")
        settings.PIPELINE_LEASE_S = 1
        video = make_started_video()

        with once_running(video, partial(_steal, video)):
            runner.run_one("cpu")

        first = stage(video, "first")
        assert (first.status, first.worker) == ("RUNNING", "thief")
        assert not list((store.video_dir(video.id) / "artefacts").glob("*"))

    def test_of_a_deleted_video_leave_no_file(self, stages: Configure, settings: Any) -> None:
        stages(first="hang")
        settings.PIPELINE_LEASE_S = 1
        video = make_started_video()
        video_id = video.id

        with once_running(video, partial(video_delete, video=video)):
            runner.run_one("cpu")

        assert not Video.objects.filter(id=video_id).exists()
        assert not store.video_dir(video_id).exists()

    def test_are_handed_back_when_the_worker_stops(self, stages: Configure) -> None:
        stages(first="hang")
        video = make_started_video()

        try:
            with once_running(video, oversight.stopping.set):
                runner.run_one("cpu")
        finally:
            oversight.stopping.clear()

        first = stage(video, "first")
        assert (first.status, first.attempt) == ("QUEUED", 0)
        assert _children_left() == []


class TestCancel:
    def test_stops_a_hanging_stage_and_keeps_what_was_found(self, stages: Configure) -> None:
        stages(second="hang")
        video = make_started_video()
        runner.run_one("cpu")

        with once_running(video, partial(cancel, video=video)):
            runner.run_one("cpu")

        video.refresh_from_db()
        assert video.status == Video.Status.CANCELLED
        statuses = [stage(video, name).status for name in ("first", "second", "third")]
        assert statuses == ["SUCCEEDED", "CANCELLED", "CANCELLED"]
        assert _children_left() == []

    def test_can_be_taken_back_by_a_retry(self, stages: Configure) -> None:
        video = make_started_video()
        runner.run_one("cpu")
        cancel(video=video)

        retry(video=video)
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert stage(video, "first").reused


def _steal(video: Video) -> None:
    StageRun.objects.filter(run__video=video, status="RUNNING").update(
        lease_token=uuid4(), worker="thief"
    )


def _children_left() -> list[str]:
    """Return the stage processes of this test process that still run."""
    commands = (" ".join(command_of(child)) for child in psutil.Process().children())
    return [command for command in commands if "pipeline.child" in command]
