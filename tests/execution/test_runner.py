"""Stages in a real child process, well and badly behaved."""

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from pipeline import results, runner, store
from pipeline.models import PipelineRun, StageRun
from pipeline.services import cancel, retry, settle
from tests.execution import faults
from tests.execution.conftest import Configure, make_started_video, stage, work_off
from videos.models import Video

pytestmark = pytest.mark.django_db(transaction=True)


class TestRunOne:
    def test_takes_a_video_to_its_end(self, video: Video) -> None:
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert video.completed_at is not None
        assert {s.status for s in StageRun.objects.all()} == {"SUCCEEDED"}
        assert PipelineRun.objects.get().status == "SUCCEEDED"

    def test_does_nothing_when_rung_for_nothing(self, video: Video) -> None:
        work_off(video)

        runner.run_one("cpu")
        runner.run_one("gpu")

        assert {s.attempt for s in StageRun.objects.all()} == {1}

    def test_keeps_one_child_warm_for_all_stages(self, video: Video) -> None:
        work_off(video)

        made = {"first": faults.First, "second": faults.Second, "third": faults.Third}
        pids = set()
        for name, kind in made.items():
            folder = store.absolute(stage(video, name).artefact)
            result: Any = results.load(kind, folder)
            pids.add(result.pid)
        assert len(pids) == 1
        assert os.getpid() not in pids

    def test_keeps_the_files_of_each_stage(self, video: Video) -> None:
        work_off(video)

        kept = store.absolute(stage(video, "second").artefact) / "kept.txt"
        assert kept.read_text() == "second"

    def test_reports_progress_that_never_falls(self, stages: Configure, settings: Any) -> None:
        stages(first="slow")
        settings.PIPELINE_LEASE_S = 1
        video = make_started_video()

        seen = [0.0]
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(video, seen, done))
        watcher.start()
        work_off(video)
        done.set()
        watcher.join()

        assert seen == sorted(seen)
        assert seen[-1] == 1.0


class TestSkips:
    def test_share_their_reason_with_what_needs_them(self, stages: Configure) -> None:
        stages(first="skip")
        video = work_off(make_started_video())

        assert video.status == Video.Status.COMPLETED
        second = stage(video, "second")
        assert second.status == "SKIPPED"
        assert second.reason == {"code": "no_audio", "message": "There is no sound."}

    def test_do_not_stop_what_only_wants_them(self, stages: Configure) -> None:
        stages(second="skip")
        video = work_off(make_started_video())

        assert stage(video, "third").status == "SUCCEEDED"


class TestFailures:
    def test_fail_the_video_and_keep_what_others_found(self, stages: Configure) -> None:
        stages(second="fail")
        video = work_off(make_started_video())

        assert video.status == Video.Status.FAILED
        assert video.status_reason == {"code": "not_media", "message": "It is no video."}
        assert stage(video, "first").status == "SUCCEEDED"
        assert stage(video, "third").status == "SUCCEEDED"

    def test_skip_what_needs_them(self, stages: Configure) -> None:
        stages(first="fail")
        video = work_off(make_started_video())

        second = stage(video, "second")
        assert second.status == "SKIPPED"
        assert second.reason and second.reason["code"] == "upstream_failed"

    def test_leave_no_files(self, stages: Configure) -> None:
        stages(first="fail", third="fail")
        video = work_off(make_started_video())

        left = [path.name for path in store.video_dir(video.id).rglob("*") if path.is_file()]
        assert left == ["source"]

    def test_of_our_own_making_are_told_as_bugs(
        self, stages: Configure, capfd: pytest.CaptureFixture[str]
    ) -> None:
        stages(first="bug")
        video = work_off(make_started_video())

        assert video.status_reason and video.status_reason["code"] == "internal_error"
        assert "what nobody thought of" in capfd.readouterr().err

    def test_that_may_pass_are_tried_again(self, stages: Configure, tmp_path: Path) -> None:
        stages(first={"act": "stumble_once", "marker": str(tmp_path / "once")})
        video = work_off(make_started_video())

        assert video.status == Video.Status.COMPLETED
        assert stage(video, "first").attempt == 2

    def test_that_do_not_pass_end_after_the_last_attempt(self, stages: Configure) -> None:
        stages(first="stumble")
        video = work_off(make_started_video())

        first = stage(video, "first")
        assert (first.status, first.attempt) == ("FAILED", first.max_attempts)
        assert video.status_reason and video.status_reason["code"] == "disk_full"

    def test_of_memory_end_the_stage_alone(self, stages: Configure) -> None:
        stages(first="eat")
        video = work_off(make_started_video())

        assert video.status_reason and video.status_reason["code"] == "out_of_memory"


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
        self, stages: Configure, settings: Any
    ) -> None:
        settings.PIPELINE_MAX_ATTEMPTS = 1
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

        monkeypatch.setattr("pipeline.services.leases.write", broken)

        runner.run_one("cpu")

        first = stage(video, "first")
        assert (first.status, first.attempt) == ("FAILED", 1)
        assert first.reason and first.reason["code"] == "internal_error"
        assert not list((store.video_dir(video.id) / "artefacts").glob("*"))

    def test_in_the_settings_fail_the_stage_at_once(self, video: Video) -> None:
        StageRun.objects.filter(name="first").update(parameters={"gone": 1})

        runner.run_one("cpu")

        first = stage(video, "first")
        assert first.reason and first.reason["code"] == "internal_error"

    def test_while_supervising_do_not_give_one_stages_end_to_another(
        self, stages: Configure, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stages(first="slow")
        settings.PIPELINE_LEASE_S = 1
        ill, well = make_started_video(), make_started_video()

        def broken(*_: Any, **__: Any) -> bool:
            raise LookupError("what nobody thought of")

        with monkeypatch.context() as patch:
            patch.setattr(runner, "renew", broken)
            runner.run_one("cpu")
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
        thief = threading.Timer(0.5, _steal, args=(video,))

        thief.start()
        runner.run_one("cpu")
        thief.join()

        first = stage(video, "first")
        assert (first.status, first.worker) == ("RUNNING", "thief")
        assert not list((store.video_dir(video.id) / "artefacts").glob("*"))

    def test_of_a_deleted_video_leave_no_file(self, stages: Configure, settings: Any) -> None:
        stages(first="hang")
        settings.PIPELINE_LEASE_S = 1
        video = make_started_video()
        video_id = video.id
        remover = threading.Timer(0.5, _delete, args=(video,))

        remover.start()
        runner.run_one("cpu")
        remover.join()

        assert not Video.objects.filter(id=video_id).exists()
        assert not store.video_dir(video_id).exists()

    def test_are_handed_back_when_the_worker_stops(self, stages: Configure) -> None:
        stages(first="hang")
        video = make_started_video()
        threading.Timer(0.5, runner.stopping.set).start()

        try:
            runner.run_one("cpu")
        finally:
            runner.stopping.clear()

        first = stage(video, "first")
        assert (first.status, first.attempt) == ("QUEUED", 0)
        assert _children_left() == []


class TestCancel:
    def test_stops_a_hanging_stage_and_keeps_what_was_found(self, stages: Configure) -> None:
        stages(second="hang")
        video = make_started_video()
        runner.run_one("cpu")
        threading.Timer(0.5, _cancel, args=(video,)).start()

        started = time.monotonic()
        runner.run_one("cpu")

        video.refresh_from_db()
        assert time.monotonic() - started < 5
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


class TestRetry:
    def test_runs_only_what_failed_and_what_depends_on_it(
        self, stages: Configure, tmp_path: Path
    ) -> None:
        stages(second="fail")
        video = work_off(make_started_video())
        kept = stage(video, "first")
        stages()

        retry(video=video)
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert stage(video, "first").reused
        assert stage(video, "first").artefact == kept.artefact
        assert not stage(video, "second").reused
        assert not stage(video, "third").reused

    def test_does_not_change_the_rows_of_the_earlier_run(self, stages: Configure) -> None:
        stages(first="fail")
        video = work_off(make_started_video())
        before = list(StageRun.objects.order_by("id").values())
        stages()

        retry(video=video)
        work_off(video)

        earlier = StageRun.objects.filter(id__in=[row["id"] for row in before])
        assert list(earlier.order_by("id").values()) == before


def _watch(video: Video, seen: list[float], done: threading.Event) -> None:
    from django.db import connection

    while not done.is_set():
        seen.append(stage(video, "first").progress)
        time.sleep(0.1)
    seen.append(stage(video, "first").progress)
    connection.close()


def _steal(video: Video) -> None:
    from uuid import uuid4

    from django.db import connection

    StageRun.objects.filter(run__video=video, status="RUNNING").update(
        lease_token=uuid4(), worker="thief"
    )
    connection.close()


def _cancel(video: Video) -> None:
    from django.db import connection

    cancel(video=video)
    connection.close()


def _delete(video: Video) -> None:
    from django.db import connection

    from videos.services import video_delete

    video_delete(video=video)
    connection.close()


def _children_left() -> list[str]:
    """Return the stage processes of this test process that still run."""
    listing = subprocess.run(
        ["ps", "-o", "pid=,stat=,args=", "--ppid", str(os.getpid())],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in listing.stdout.splitlines() if "pipeline.child" in line]
