"""Stages in a real child process: how they end, and what becomes of the run."""

import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline import results, runner, store
from pipeline.models import PipelineRun, StageRun
from pipeline.services import retry
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

    def test_forks_all_stages_without_models_from_one_child(self, video: Video) -> None:
        work_off(video)

        made = {"first": faults.First, "second": faults.Second, "third": faults.Third}
        pids = set()
        for name, kind in made.items():
            folder = store.absolute(stage(video, name).artefact)
            result: Any = results.load(kind, folder)
            pids.add(result.forked_from)
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

    def test_that_may_pass_are_tried_again(self, stages: Configure) -> None:
        stages(first="stumble")
        video = make_started_video()

        runner.run_one("cpu")
        StageRun.objects.filter(name="first").update(parameters={"act": "succeed"})
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert stage(video, "first").attempt == 2

    def test_that_do_not_pass_end_after_the_last_attempt(self, stages: Configure) -> None:
        stages(first="stumble")
        video = work_off(make_started_video())

        first = stage(video, "first")
        assert (first.status, first.attempt) == ("FAILED", first.max_attempts)
        assert video.status_reason and video.status_reason["code"] == "disk_full"

    def test_of_the_disk_leave_the_database_its_room(
        self, stages: Configure, settings: Any
    ) -> None:
        stages(first="hang")
        settings.MIN_FREE_BYTES = 1 << 60
        video = work_off(make_started_video())

        assert video.status_reason and video.status_reason["code"] == "storage_full"

    def test_of_memory_end_the_stage_alone(self, stages: Configure) -> None:
        stages(first="eat")
        video = work_off(make_started_video())

        assert video.status_reason and video.status_reason["code"] == "out_of_memory"


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

    def test_computes_again_what_lost_its_files(self, stages: Configure) -> None:
        stages(second="fail")
        video = work_off(make_started_video())
        shutil.rmtree(store.absolute(stage(video, "first").artefact))
        stages()

        retry(video=video)
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert not stage(video, "first").reused

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
