"""Videos that lie elsewhere: from an address to an analysis, through a real child process."""

from typing import Any
from unittest.mock import patch

import pytest

from pipeline import runner, store
from pipeline.models import StageRun
from tests.execution.conftest import Configure, make_started_video, stage, work_off
from tests.execution.fetched import CONTENT, SHA256, make_fetched_video, with_fetch
from tests.serving import Handler, Served, serving
from videos.models import Video, Workspace
from videos.services import (
    video_reprocess,
    video_reprocess_preview,
    video_retry,
)

pytestmark = pytest.mark.django_db(transaction=True)


def statuses(video: Video) -> dict[str, str]:
    """Return the stages of the newest run, in their order."""
    run = video.runs.latest("created_at")
    return dict(run.stages.order_by("position").values_list("name", "status"))


def gone(handler: Handler) -> None:
    handler.answer(404)


class TestFetch:
    def test_comes_before_the_analysis(self, served: Served) -> None:
        video = make_fetched_video(served)

        video.refresh_from_db()
        assert (video.status, video.size_bytes, video.checksum_sha256) == ("UPLOADED", None, "")
        assert served.asked == []
        waiting = dict.fromkeys(["first", "second", "third"], "WAITING")
        assert statuses(video) == {"fetch": "QUEUED", **waiting}

    def test_makes_the_file_the_original(self, served: Served) -> None:
        video = work_off(make_fetched_video(served))

        assert video.status == Video.Status.COMPLETED
        assert (video.size_bytes, video.checksum_sha256) == (len(CONTENT), SHA256)
        assert (video.title, video.filename) == ("harbour", "harbour.mp4")
        assert store.source_path(video.id).read_bytes() == CONTENT
        assert set(statuses(video).values()) == {"SUCCEEDED"}

    def test_learns_the_name_but_keeps_a_given_title(self, served: Served) -> None:
        name = "attachment; filename*=UTF-8''..%2Ftalk%E2%80%AE.mp4"
        served.headers = {"Content-Disposition": name}

        untitled = work_off(make_fetched_video(served, "/6fa3"))
        titled = work_off(make_fetched_video(served, "/6fa3", title="Dawn"))

        assert (untitled.title, untitled.filename) == ("talk", "talk.mp4")
        assert (titled.title, titled.filename) == ("Dawn", "talk.mp4")

    def test_plans_the_rest_by_the_bytes(self, served: Served) -> None:
        uploaded = work_off(make_started_video(checksum_sha256=SHA256))

        fetched = work_off(make_fetched_video(served))

        for name in ("first", "second", "third"):
            assert stage(fetched, name).fingerprint == stage(uploaded, name).fingerprint
            assert stage(fetched, name).reused

    def test_is_never_taken_over_from_another_video(self, served: Served) -> None:
        work_off(make_fetched_video(served))
        served.content, served.headers = b"another video", {}

        video = work_off(make_fetched_video(served))

        assert not stage(video, "fetch").reused
        assert video.size_bytes == len(b"another video")


class TestFailedFetch:
    def test_fails_the_video_with_its_reason(self, served: Served) -> None:
        served.respond["/harbour.mp4"] = gone

        video = work_off(make_fetched_video(served))

        assert video.status == Video.Status.FAILED
        assert video.status_reason and video.status_reason["code"] == "fetch_refused"
        assert statuses(video)["first"] == "SKIPPED"

    def test_is_that_of_all_but_one_that_race_for_the_last_bytes_of_a_quota(
        self, served: Served
    ) -> None:
        Workspace.objects.update(max_bytes=len(CONTENT))
        videos = [make_fetched_video(served) for _ in range(2)]

        with patch("pipeline.request.bytes_left", return_value=len(CONTENT)):  # as both saw it
            completed, failed = [work_off(video) for video in videos]

        assert completed.status == Video.Status.COMPLETED
        assert failed.status == Video.Status.FAILED
        assert failed.status_reason and failed.status_reason["code"] == "quota_exceeded"
        assert not store.source_path(failed.id).exists()

    def test_is_tried_again_on_request(self, served: Served) -> None:
        served.respond["/harbour.mp4"] = gone
        video = work_off(make_fetched_video(served))
        served.respond.clear()

        would_run = video_reprocess_preview(video=video).would_run
        video_retry(video=video)
        work_off(video)

        assert [one.name for one in would_run] == ["fetch", "first", "second", "third"]
        assert video.status == Video.Status.COMPLETED

    def test_computes_what_was_chosen_once_the_bytes_are_here(self, served: Served) -> None:
        """Though an equal video has it: whoever asks for a stage to run again wants it computed."""
        work_off(make_started_video(checksum_sha256=SHA256))
        served.respond["/harbour.mp4"] = gone
        video = work_off(make_fetched_video(served))
        served.respond.clear()

        video_reprocess(video=video, stages=["second"])
        work_off(video)

        reused = {name: stage(video, name).reused for name in ("first", "second", "third")}
        assert reused == {"first": True, "second": False, "third": False}

    def test_is_what_a_retry_begins_with_and_nothing_else(
        self, served: Served, stages: Configure, settings: Any
    ) -> None:
        stages(second="fail")
        with_fetch(settings)
        video = work_off(make_fetched_video(served))
        assert video.status == Video.Status.FAILED
        stages()
        with_fetch(settings)

        video_retry(video=video)
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert "fetch" not in statuses(video)
        assert len(served.asked) == 1

    def test_leads_nowhere_inside(self, served: Served, settings: Any) -> None:
        with serving(b"the crown jewels") as inside:
            there = inside.url(host="127.0.0.2")
            served.respond["/harbour.mp4"] = lambda handler: handler.answer(302, Location=there)

            video = work_off(make_fetched_video(served))

            assert video.status_reason and video.status_reason["code"] == "address_refused"
            assert inside.asked == []

    def test_waits_as_long_as_the_server_asks(self, served: Served) -> None:
        def busy(handler: Handler) -> None:
            handler.answer(503, Retry_After="600")

        served.respond["/harbour.mp4"] = busy
        video = make_fetched_video(served)

        runner.run_one("cpu")

        row = stage(video, "fetch")
        assert row.status == StageRun.Status.QUEUED
        assert row.run_after and row.queued_at
        assert (row.run_after - row.queued_at).total_seconds() == pytest.approx(600, abs=1)
