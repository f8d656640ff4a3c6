"""What the sweeper mends: abandoned stages, runs that stand still, files that nobody needs."""

import itertools
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from pipeline import store
from pipeline.management.commands import sweep
from pipeline.models import PipelineRun, StageRun
from pipeline.services import (
    Failed,
    recover,
    remove_leftovers,
    settle,
)
from tests.execution.conftest import Configure, at_once, claimed, expire, make_started_video, stage
from videos.lifecycle import Reason
from videos.models import Video
from videos.services import uploads_sweep, video_delete

_REASON = Reason(code="not_media", message="It is no video.")


@pytest.mark.django_db(transaction=True)
class TestRecover:
    def test_requeues_what_a_dead_worker_left(self, video: Video) -> None:
        lease = claimed()
        expire()

        found = recover()

        assert (found.requeued, found.failed) == (1, 0)
        assert stage(video, "first").status == "QUEUED"
        assert not settle(lease, Failed(_REASON))

    def test_removes_what_the_dead_worker_had_begun(self, video: Video) -> None:
        lease = claimed()
        begun = store.artefact_dir(video.id, lease.name, lease.token)
        begun.mkdir(parents=True)
        expire()

        recover()

        assert not begun.exists()

    def test_counts_a_loss_and_gives_the_attempt_back(self, video: Video) -> None:
        for _ in range(stage(video, "first").max_attempts + 1):
            claimed()
            expire()
            recover()

        first = stage(video, "first")
        assert (first.status, first.attempt) == ("QUEUED", 0)
        assert first.losses == first.max_attempts + 1

    def test_fails_what_lost_too_many_workers(self, video: Video, settings: Any) -> None:
        settings.PIPELINE_MAX_LOSSES = 2
        for _ in range(2):
            claimed()
            expire()
            recover()

        video.refresh_from_db()
        first = stage(video, "first")
        assert first.status == "FAILED"
        assert first.reason and first.reason["code"] == "worker_lost"

    def test_rings_again_for_a_lost_message(self, video: Video) -> None:
        OrmQ.objects.all().delete()

        assert recover().rung == 1
        assert recover().rung == 0

    def test_leaves_living_leases_alone(self, video: Video) -> None:
        claimed()

        assert recover().requeued == 0

    def test_counts_once_when_run_by_many(self, video: Video) -> None:
        claimed()
        expire()

        found = at_once(*[recover] * 4)

        assert sum(one.requeued for one in found) == 1

    def test_passes_over_what_cannot_be_mended(
        self, stages: Configure, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        ill, well = make_started_video(), make_started_video()
        for _ in range(2):
            claimed()
        expire()
        folder = store.artefact_dir

        def broken(video_id: UUID, *rest: Any) -> Path:
            if video_id == ill.id:
                raise LookupError("what nobody thought of")
            return folder(video_id, *rest)

        monkeypatch.setattr(store, "artefact_dir", broken)

        found = recover()

        assert found.requeued == 1
        assert (stage(ill, "first").status, stage(well, "first").status) == ("RUNNING", "QUEUED")
        assert "what nobody thought of" in caplog.text

    def test_does_not_wait_for_a_run_that_somebody_holds(self, stages: Configure) -> None:
        """A worker that was stopped while it settled holds the row for as long as it lives."""
        held, free = make_started_video(), make_started_video()
        for _ in range(2):
            claimed()
        expire()

        with transaction.atomic():
            PipelineRun.objects.select_for_update().get(video=held)
            (found,) = at_once(recover)

        assert found.requeued == 1
        assert stage(free, "first").status == "QUEUED"

    def test_ends_a_run_whose_stages_have_all_ended(self, video: Video) -> None:
        _end_behind_our_back(video, "first")
        StageRun.objects.filter(status="WAITING").update(status="SKIPPED", reason=_REASON)

        assert recover().advanced == 1

        video.refresh_from_db()
        assert video.status == Video.Status.COMPLETED
        assert recover().advanced == 0

    def test_releases_what_waits_for_stages_that_have_ended(self, video: Video) -> None:
        _end_behind_our_back(video, "first")
        OrmQ.objects.all().delete()

        assert recover().advanced == 1

        assert stage(video, "second").status == "SKIPPED"
        assert stage(video, "third").status == "QUEUED"
        assert OrmQ.objects.count() == 1

    def test_leaves_a_run_alone_whose_stages_are_at_work(self, video: Video) -> None:
        assert recover().advanced == 0
        claimed()
        assert recover().advanced == 0


@pytest.mark.django_db
class TestRemoveLeftovers:
    def test_sets_aside_what_no_video_owns(self, video: Video) -> None:
        orphan = store.video_dir(uuid4())
        orphan.mkdir()
        stranger = orphan.with_name("my-backup")
        stranger.mkdir()
        part = store.incoming_dir() / "left.part"
        part.parent.mkdir()
        part.touch()

        assert remove_leftovers() == 0  # both are young yet
        assert remove_leftovers(old_s=-1) == 2
        assert not orphan.exists()
        assert (store.orphaned_dir() / orphan.name).exists()
        assert not part.exists()
        assert stranger.exists()
        assert store.source_path(video.id).exists()

    def test_sets_aside_again_what_came_back_and_the_others(self) -> None:
        orphan, other = store.video_dir(uuid4()), store.video_dir(uuid4())
        before = store.orphaned_dir() / orphan.name
        for folder in (before, orphan, other):
            folder.mkdir(parents=True)
            (folder / "source").touch()

        assert remove_leftovers(old_s=-1) == 2

        assert not orphan.exists()
        assert not other.exists()
        assert len(list(store.orphaned_dir().glob("*/source"))) == 3

    def test_goes_on_where_one_cannot_be_set_aside(self) -> None:
        for _ in range(2):
            store.video_dir(uuid4()).mkdir(parents=True)

        elsewhere = FileNotFoundError("Another machine's sweeper has moved it.")
        with patch("pipeline.store.set_aside", side_effect=[elsewhere, "orphaned"]):
            assert remove_leftovers(old_s=-1) == 1

    def test_removes_what_a_process_that_died_left_of_a_deleted_video(self, video: Video) -> None:
        folder = store.video_dir(video.id)
        video_delete(video=video)  # what is to follow the commit never runs here
        assert folder.exists()

        assert remove_leftovers() == 1

        assert not folder.exists()
        assert not store.orphaned_dir().exists()
        assert remove_leftovers() == 0


@pytest.mark.django_db
class TestSweep:
    def test_by_who_slept_at_it_takes_no_lease_that_ran_out_meanwhile(self, video: Video) -> None:
        claimed()
        before = timezone.now() - timedelta(hours=1)
        expire()

        assert recover(at=before).requeued == 0
        assert recover(at=timezone.now()).requeued == 1

    def test_gives_leases_time_after_a_sleep_and_again_after_the_next(self, settings: Any) -> None:
        calendar = itertools.accumulate([3600.0, 0, 0, 3600, 0, 0, 0, 0])
        pauses: list[float] = []

        with (
            patch("time.time", calendar.__next__),
            patch("time.sleep", pauses.append),
        ):
            sweep._awake_moment(0.0, pause_s=10)

        assert pauses == [settings.PIPELINE_LEASE_S] * 2

    def test_notices_a_sleep_amid_its_recovery(self, settings: Any) -> None:
        calendar = [0.0]
        pauses: list[float] = []
        recovered: list[object] = []

        def fall_asleep(at: object) -> None:
            recovered.append(at)
            calendar[0] += 3600
            if len(recovered) == 2:
                raise SystemExit

        with (
            patch("time.time", lambda: calendar[0]),
            patch("time.sleep", pauses.append),
            patch("pipeline.management.commands.sweep.recover", fall_asleep),
            patch("pipeline.management.commands.sweep.Thread"),
            pytest.raises(SystemExit),
        ):
            call_command("sweep", every=1)

        assert pauses == [1, settings.PIPELINE_LEASE_S]

    def test_recovers_while_an_upload_takes_long_to_finish(self) -> None:
        with (
            patch("pipeline.management.commands.sweep.recover", side_effect=[None, SystemExit]),
            patch("pipeline.management.commands.sweep.Thread") as beside,
            pytest.raises(SystemExit),
        ):
            call_command("sweep", every=0.01)

        assert uploads_sweep in [call.kwargs["args"][0] for call in beside.call_args_list]


def _end_behind_our_back(video: Video, name: str) -> None:
    """End a stage as a hand at the database does, which tells nobody."""
    claimed()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pipeline_stagerun SET status = 'SKIPPED', lease_token = NULL, "
            "lease_expires_at = NULL, finished_at = now(), "
            """reason = '{"code": "no_audio", "message": "There is no sound."}' """
            "WHERE name = %s AND run_id IN (SELECT id FROM pipeline_pipelinerun WHERE video_id = %s)",
            [name, video.id],
        )
