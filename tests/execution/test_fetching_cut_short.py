"""Fetches that end before they are done: broken off, robbed, cancelled, deleted."""

import os
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from pipeline import runner, store
from pipeline.models import StageRun
from pipeline.services import progress, remove_leftovers
from tests.execution.conftest import once_running, stage, work_off
from tests.execution.fetched import CONTENT, SHA256, make_fetched_video
from tests.patience import until
from tests.serving import Handler, Served
from videos.models import Video
from videos.services import (
    video_cancel,
    video_delete,
    video_retry,
)

pytestmark = pytest.mark.django_db(transaction=True)


class TestAttempts:
    def test_go_on_where_the_one_before_stopped(self, served: Served) -> None:
        def busy_at_the_second(handler: Handler) -> None:
            if len(handler.served.asked) == 2:
                handler.answer(503)
            else:
                handler.send_file()

        served.break_after = [len(CONTENT) // 2]
        served.respond["/harbour.mp4"] = busy_at_the_second

        video = work_off(make_fetched_video(served))

        assert video.checksum_sha256 == SHA256
        assert stage(video, "fetch").attempt == 2
        assert served.asked[-1][1]["Range"] == f"bytes={len(CONTENT) // 2}-"
        assert not store.partial_dir(video.id).joinpath("part").exists()

    def test_that_lost_their_lease_bring_nothing(self, served: Served) -> None:
        def rob(handler: Handler) -> None:
            StageRun.objects.filter(status="RUNNING").update(lease_token=uuid4())
            connection.close()
            handler.send_file()

        served.respond["/harbour.mp4"] = rob
        video = make_fetched_video(served)

        runner.run_one("cpu")

        video.refresh_from_db()
        assert video.checksum_sha256 == ""
        assert not store.source_path(video.id).exists()
        assert list(store.video_dir(video.id).rglob("fetched")) == []

    def test_settle_again_after_a_commit_that_failed(self, served: Served) -> None:
        failures = iter([OperationalError("the server closed the connection")])

        def advance(run: Any) -> None:
            for failure in failures:
                raise failure
            progress.advance(run)

        video = make_fetched_video(served)
        with patch("pipeline.services.ends.advance", advance):
            work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert store.source_path(video.id).read_bytes() == CONTENT
        assert len(served.asked) == 1

    def test_leave_a_part_for_a_day(self, served: Served) -> None:
        video = make_fetched_video(served)
        folder = store.partial_dir(video.id)
        folder.mkdir(parents=True)
        young, old = folder / "part", folder / "part.json"
        young.touch()
        old.touch()
        os.utime(old, (0, 0))

        remove_leftovers()

        assert young.exists()
        assert not old.exists()


class TestCancel:
    def test_ends_a_fetch_that_waits(self, served: Served) -> None:
        video = make_fetched_video(served)

        video_cancel(video=video)

        assert work_off(video).status == Video.Status.CANCELLED
        assert served.asked == []

    def test_during_the_fetch_keeps_what_came_for_a_retry(self, served: Served) -> None:
        served.pause_s = 5.0
        video = make_fetched_video(served)

        def cancel() -> None:
            came = store.partial_dir(video.id) / "part"
            until(lambda: came.exists() and came.stat().st_size)
            video_cancel(video=video)

        with once_running(video, cancel):
            runner.run_one("cpu")
        video.refresh_from_db()
        assert video.status == Video.Status.CANCELLED
        served.pause_s = 0.0

        video_retry(video=video)
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert video.checksum_sha256 == SHA256
        assert "Range" in served.asked[-1][1]


class TestDelete:
    def test_during_the_fetch_leaves_nothing(self, served: Served) -> None:
        def deleted(handler: Handler) -> None:
            handler.served.pause_s = 1.0
            video_delete(video=video)
            connection.close()
            handler.send_file()

        served.respond["/harbour.mp4"] = deleted
        video = make_fetched_video(served)

        runner.run_one("cpu")

        assert not Video.objects.exists()
        assert list(store.videos_dir().glob("*")) == []
