"""Stages whose files are kept in a bucket: nothing lost, doubled or left, whatever dies."""

import hashlib
import os
import socket
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from pipeline import computation, runner, store
from pipeline.models import StageRun
from pipeline.services import cancel, forget_copies, recover, remove_leftovers, reprocess, start
from pipeline.store import bucket as bucket_module
from pipeline.store import keep, spool
from tests import factories
from tests.execution.conftest import once_running, stage, stages, work_off
from tests.execution.fetched import make_fetched_video, with_fetch
from tests.serving import serving
from tests.storage.files import kept
from tests.storage.server import Line, Server
from videos.models import Removal, Video
from videos.services import video_delete

__all__ = ["stages"]  # a fixture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bucket", "stages")]

CONTENT = b"0123456789" * 1000
SAME = hashlib.sha256(CONTENT).hexdigest()


def uploaded() -> Video:
    """Return a video whose original is in the bucket alone, and whose run was opened."""
    video = factories.make_video(checksum_sha256=SAME)
    part = store.incoming_dir() / f"{uuid4()}.part"
    part.parent.mkdir(exist_ok=True)
    part.write_bytes(CONTENT)
    store.adopt_source(video.id, part, sha256=SAME)
    assert spool.evict(video.id)
    start(video=video)
    return video


def named(video: Video) -> set[str]:
    """Return what the bucket should have of a completed video."""
    artefacts = [stage(video, name).artefact for name in ("first", "second", "third")]
    files = {f"{artefact}/{name}" for artefact in artefacts for name in ("kept.txt", "result.json")}
    return files | {store.relative(store.source_path(video.id))}


class TestFetch:
    def test_keeps_the_original_once_and_copies_nothing_while_rows_are_locked(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Gigabytes take minutes, and nobody renews the lease inside a transaction."""
        settings.FETCH_ALLOW, settings.PIPELINE_QUEUES = ["127.0.0.1"], ["cpu"]
        with_fetch(settings)
        locked: list[bool] = []
        transfer = bucket_module._transfer

        def noted(transfers: Any, stop: Event) -> None:
            locked.append(connection.in_atomic_block)
            transfer(transfers, stop)

        monkeypatch.setattr(bucket_module, "_transfer", noted)
        with serving(CONTENT) as served:
            video = work_off(make_fetched_video(served))

        assert video.status == Video.Status.COMPLETED
        assert locked and not any(locked)
        assert kept() == named(video) | {f"{stage(video, 'fetch').artefact}/result.json"}
        assert spool.evict(video.id)
        assert store.read(store.source_path(video.id)) == CONTENT

    def test_is_not_settled_with_bytes_that_another_attempt_has_put(self) -> None:
        video = uploaded()

        with pytest.raises(OSError, match="other bytes"):
            store.link_source(video.id, store.source_path(video.id), sha256="0" * 64)


class TestRun:
    def test_keeps_source_and_results_and_nothing_else(self) -> None:
        video = work_off(uploaded())

        assert video.status == Video.Status.COMPLETED
        assert kept() == named(video)

    def test_goes_on_where_nothing_is_at_hand(self) -> None:
        """As if each stage ran on another machine."""
        video = uploaded()
        for _ in range(3):
            runner.run_one("cpu")
            assert spool.evict(video.id)

        video.refresh_from_db()
        assert video.status == Video.Status.COMPLETED

    def test_of_the_same_bytes_computes_nothing_and_shares_no_object(self) -> None:
        first = work_off(uploaded())

        second = work_off(uploaded())
        video_delete(video=first)

        rows = StageRun.objects.filter(run__video=second)
        assert {row.reused for row in rows} == {True}
        assert kept() == named(second)

    def test_again_removes_what_is_superseded(self) -> None:
        video = work_off(uploaded())

        reprocess(video=video, stages=["second"])
        work_off(video)

        assert kept() == named(video)

    def test_leaves_nothing_when_its_video_is_deleted(self) -> None:
        video = work_off(uploaded())

        video_delete(video=video)

        assert kept() == set()
        assert not store.video_dir(video.id).exists()

    def test_tells_the_child_no_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from pipeline.supervisor import environment_without_secrets

        for name in ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.setenv(name, "secret")

        assert "secret" not in environment_without_secrets().values()


class TestDeath:
    """Of a worker, as by SIGKILL: nothing that it would do at its end is done."""

    @pytest.mark.parametrize(("moment", "left"), [("keeping", 2), ("settling", 3)])
    def test_leaves_nothing_that_counts(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch, moment: str, left: int
    ) -> None:
        video = uploaded()
        settings.PIPELINE_LEASE_S = 0

        _die_while(moment, monkeypatch)
        assert len(kept()) == left  # the original, and what it had kept by then
        settings.PIPELINE_LEASE_S = 30
        recover()
        abandoned = kept()
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert abandoned == {store.relative(store.source_path(video.id))}
        assert kept() == named(video)
        assert (stage(video, "first").losses, stage(video, "first").attempt) == (1, 1)


class TestOutage:
    """It is no fault of the file: it costs no attempt, and the work goes on afterwards."""

    @pytest.mark.parametrize("moment", ["bring", "keep"])
    def test_is_outlived(
        self, bucket: Server, settings: Any, monkeypatch: pytest.MonkeyPatch, moment: str
    ) -> None:
        with Line(bucket) as line:
            video = uploaded()
            settings.S3_ENDPOINT_URL = line.url
            do = getattr(store, moment)

            def cut(*args: Any) -> None:
                line.cut()
                do(*args)

            with monkeypatch.context() as patch:
                patch.setattr(store, moment, cut)
                runner.run_one("cpu")
            waiting = stage(video, "first")
            line.mend()
            work_off(video)

            assert kept() == named(video)

        assert (waiting.status, waiting.attempt, waiting.losses) == ("QUEUED", 0, 1)
        assert waiting.reason
        assert waiting.reason["code"] == "io_error"
        assert waiting.reason["message"].startswith("Storage failed: The bucket's server does not")
        assert video.status == Video.Status.COMPLETED

    def test_that_does_not_end_fails_the_stage_in_the_end(self, settings: Any) -> None:
        settings.PIPELINE_MAX_LOSSES = 2
        video = uploaded()
        settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"

        work_off(video)

        assert video.status_reason
        assert video.status_reason["code"] == "io_error"

    def test_in_which_nothing_is_said_holds_up_no_cancellation(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        video = uploaded()
        monkeypatch.setattr(runner, "_discard_unless_kept", lambda *_: None)  # it would wait too

        with socket.create_server(("127.0.0.1", 0)) as silent:
            settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with once_running(video, partial(cancel, video=video)):
                runner.run_one("cpu")

        video.refresh_from_db()
        assert video.status == Video.Status.CANCELLED

    def test_does_not_hold_up_a_deletion(self, settings: Any) -> None:
        video = uploaded()
        settings.S3_ENDPOINT_URL, working = "http://127.0.0.1:9", settings.S3_ENDPOINT_URL

        video_delete(video=video)
        settings.S3_ENDPOINT_URL = working

        assert not Video.objects.exists()
        assert remove_leftovers() == 1
        assert kept() == set()
        assert not Removal.objects.exists()


class TestLeftovers:
    def test_of_unknown_videos_are_set_aside_and_the_others_stay(self) -> None:
        video = work_off(uploaded())
        unknown = uploaded()
        Video.objects.filter(id=unknown.id).delete()

        assert remove_leftovers() == 0  # young yet
        assert remove_leftovers(old_s=-1) == 1

        aside = f"orphaned/{unknown.id}/source"
        assert kept() == {*named(video), aside}

    def test_on_this_machine_go_where_another_deleted_the_video(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        video = work_off(uploaded())
        video_id = video.id
        Video.objects.filter(id=video_id).delete()
        monkeypatch.setattr(spool, "_COMING_IN_S", -1)

        forget_copies()

        assert not store.video_dir(video_id).exists()


def _die_while(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Carry out a stage in a process that ends without another word."""
    connection.close()
    computation.discard_children()
    if pid := os.fork():
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
        return
    try:
        if moment == "keeping":
            monkeypatch.setattr(store, "keep", _keep_one)
        else:
            monkeypatch.setattr(runner, "settle", _die)
        runner.run_one("cpu")
    finally:
        os._exit(1)


def _die(*_: object) -> None:
    os._exit(9)


def _keep_one(directory: Path, stop: Event) -> None:
    (directory / "kept.txt").unlink()
    keep(directory, stop)
    _die()
