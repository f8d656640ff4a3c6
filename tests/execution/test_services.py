"""Runs and leases in the database: what must hold however calls interleave."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from pipeline import store
from pipeline.models import PipelineRun, StageRun
from pipeline.services import (
    Again,
    Failed,
    Lease,
    Skipped,
    Standing,
    cancel,
    claim,
    hand_back,
    recover,
    remove_leftovers,
    renew,
    retry,
    settle,
    standing,
    start,
)
from tests import factories
from tests.execution.conftest import Configure, at_once, make_started_video, stage
from videos.errors import InvalidTransition
from videos.lifecycle import Reason
from videos.models import Video
from videos.services import uploads_sweep, video_delete

_REASON = Reason(code="not_media", message="It is no video.")


class TestStart:
    @pytest.mark.django_db
    def test_queues_what_waits_for_nothing_and_rings_once(self, video: Video) -> None:
        statuses = dict(StageRun.objects.values_list("name", "status"))

        assert statuses == {"first": "QUEUED", "second": "WAITING", "third": "WAITING"}
        assert OrmQ.objects.filter(key="cpu").count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_leaves_neither_row_nor_message_when_the_transaction_fails(
        self, stages: Configure
    ) -> None:
        with transaction.atomic():
            start(video=factories.make_video())
            transaction.set_rollback(True)

        assert not Video.objects.exists()
        assert not StageRun.objects.exists()
        assert not OrmQ.objects.exists()

    @pytest.mark.django_db
    def test_is_refused_while_a_run_is_active(self, video: Video) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            start(video=video)


@pytest.mark.django_db(transaction=True)
class TestClaim:
    def test_gives_a_stage_to_one_of_many(self, video: Video) -> None:
        leases = at_once(8, lambda: claim(queue="cpu", worker="w"))

        assert sum(lease is not None for lease in leases) == 1
        assert stage(video, "first").attempt == 1

    def test_starts_the_video(self, video: Video) -> None:
        claim(queue="cpu", worker="w")

        video.refresh_from_db()
        assert video.status == Video.Status.PROCESSING

    def test_prefers_priority_then_age(self, stages: Configure) -> None:
        plain = [make_started_video(), make_started_video()]
        urgent = make_started_video(priority=9)

        order = [_claimed() for _ in range(3)]

        assert [lease.video_id for lease in order] == [urgent.id, plain[0].id, plain[1].id]

    def test_tells_the_progress_of_this_attempt(self, video: Video) -> None:
        lost = claim(queue="cpu", worker="w")
        assert lost
        assert renew(lost, progress=0.9)
        assert hand_back(lost)

        lease = claim(queue="cpu", worker="w")

        assert lease
        assert StageRun.objects.get(id=lease.stage_id).progress == 0.0

    def test_leaves_what_backs_off(self, video: Video) -> None:
        StageRun.objects.update(run_after=timezone.now() + timedelta(minutes=1))

        assert claim(queue="cpu", worker="w") is None


@pytest.mark.django_db(transaction=True)
class TestSettle:
    def test_counts_once(self, video: Video) -> None:
        lease = _claimed()

        outcomes = at_once(4, lambda: settle(lease, Failed(_REASON)))

        assert sorted(outcomes) == [False, False, False, True]

    def test_under_a_lost_lease_changes_nothing(self, video: Video) -> None:
        lease = _claimed()
        StageRun.objects.filter(id=lease.stage_id).update(lease_token=uuid4())

        assert not settle(lease, Failed(_REASON))
        assert not renew(lease, progress=0.5)
        assert not hand_back(lease)
        assert stage(video, "first").status == "RUNNING"

    def test_of_a_deleted_video_changes_nothing(self, video: Video) -> None:
        lease = _claimed()
        video.delete()

        assert not settle(lease, Failed(_REASON))

    def test_of_the_last_two_at_once_ends_the_run(self, stages: Configure) -> None:
        """Without the run row's lock each sees the other still running, and the run never ends."""
        for _ in range(10):
            video = make_started_video()
            StageRun.objects.filter(run__video=video, name="third").update(
                status="QUEUED", queued_at=timezone.now()
            )
            leases = [_claimed(), _claimed()]

            def end_one(leases: list[Lease] = leases) -> bool:
                return settle(leases.pop(), Skipped(_REASON))

            at_once(2, end_one)

            video.refresh_from_db()
            assert video.status == Video.Status.COMPLETED

    def test_rings_for_each_stage_it_releases(self, video: Video) -> None:
        lease = _claimed()
        OrmQ.objects.all().delete()

        settle(lease, Failed(_REASON))

        assert stage(video, "second").status == "SKIPPED"
        assert stage(video, "third").status == "QUEUED"
        assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestRetry:
    def test_is_won_by_one_of_many(self, video: Video) -> None:
        _fail(video)

        def attempt() -> bool:
            try:
                retry(video=video)
            except InvalidTransition:
                return False
            return True

        assert sum(at_once(6, attempt)) == 1
        assert PipelineRun.objects.filter(status="ACTIVE").count() == 1

    def test_is_refused_unless_the_video_failed(self, video: Video) -> None:
        with pytest.raises(InvalidTransition):
            retry(video=video)


@pytest.mark.django_db(transaction=True)
class TestCancel:
    def test_ends_what_waits_at_once(self, video: Video) -> None:
        cancel(video=video)

        video.refresh_from_db()
        assert video.status == Video.Status.CANCELLED
        assert {s.status for s in StageRun.objects.all()} == {"CANCELLED"}

    def test_is_refused_once_the_video_has_ended(self, video: Video) -> None:
        cancel(video=video)

        with pytest.raises(InvalidTransition):
            cancel(video=video)

    @pytest.mark.parametrize("end", ["again", "hand_back", "recover"])
    def test_outlives_the_worker_that_should_have_seen_it(self, video: Video, end: str) -> None:
        lease = _claimed()
        cancel(video=video)
        assert standing(lease) is Standing.CANCELLED

        if end == "again":
            settle(lease, Again(_REASON))
        elif end == "hand_back":
            hand_back(lease)
        else:
            _expire()
            recover()

        video.refresh_from_db()
        assert video.status == Video.Status.CANCELLED

    @pytest.mark.parametrize("end", ["settle", "hand back", "try again"])
    def test_and_the_end_of_a_stage_at_once_end_the_run_once(
        self, stages: Configure, end: str
    ) -> None:
        for _ in range(10):
            video = make_started_video()
            lease = _claimed()
            ends = {
                "settle": partial(settle, lease, Skipped(_REASON)),
                "hand back": partial(hand_back, lease),
                "try again": partial(settle, lease, Again(_REASON)),
            }

            at_once(2, partial(_call_next, [partial(cancel, video=video), ends[end]]))

            video.refresh_from_db()
            assert video.status == Video.Status.CANCELLED


@pytest.mark.django_db(transaction=True)
class TestRecover:
    def test_requeues_what_a_dead_worker_left(self, video: Video) -> None:
        lease = _claimed()
        _expire()

        found = recover()

        assert (found.requeued, found.failed) == (1, 0)
        assert stage(video, "first").status == "QUEUED"
        assert not settle(lease, Failed(_REASON))

    def test_removes_what_the_dead_worker_had_begun(self, video: Video) -> None:
        lease = _claimed()
        begun = store.artefact_dir(video.id, lease.name, lease.token)
        begun.mkdir(parents=True)
        _expire()

        recover()

        assert not begun.exists()

    def test_counts_a_loss_and_gives_the_attempt_back(self, video: Video) -> None:
        for _ in range(stage(video, "first").max_attempts + 1):
            _claimed()
            _expire()
            recover()

        first = stage(video, "first")
        assert (first.status, first.attempt) == ("QUEUED", 0)
        assert first.losses == first.max_attempts + 1

    def test_fails_what_lost_too_many_workers(self, video: Video, settings: Any) -> None:
        settings.PIPELINE_MAX_LOSSES = 2
        for _ in range(2):
            _claimed()
            _expire()
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
        _claimed()

        assert recover().requeued == 0

    def test_counts_once_when_run_by_many(self, video: Video) -> None:
        _claimed()
        _expire()

        found = at_once(4, recover)

        assert sum(one.requeued for one in found) == 1

    def test_passes_over_what_cannot_be_mended(
        self, stages: Configure, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        ill, well = make_started_video(), make_started_video()
        for _ in range(2):
            _claimed()
        _expire()
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
            _claimed()
        _expire()

        with transaction.atomic():
            PipelineRun.objects.select_for_update().get(video=held)
            (found,) = at_once(1, recover)

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
        _claimed()
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


class TestSweep:
    def test_recovers_while_an_upload_takes_long_to_finish(self) -> None:
        with (
            patch("pipeline.management.commands.sweep.recover", side_effect=[None, SystemExit]),
            patch("pipeline.management.commands.sweep.Thread") as beside,
            pytest.raises(SystemExit),
        ):
            call_command("sweep", every=0.01)

        assert uploads_sweep in [call.kwargs["args"][0] for call in beside.call_args_list]


def _call_next(calls: list[Any]) -> None:
    calls.pop()()


def _claimed() -> Lease:
    lease = claim(queue="cpu", worker="w")
    assert lease
    return lease


def _expire() -> None:
    StageRun.objects.filter(status="RUNNING").update(
        lease_expires_at=timezone.now() - timedelta(seconds=1)
    )


def _end_behind_our_back(video: Video, name: str) -> None:
    """End a stage as a hand at the database does, which tells nobody."""
    _claimed()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pipeline_stagerun SET status = 'SKIPPED', lease_token = NULL, "
            "lease_expires_at = NULL, finished_at = now(), "
            """reason = '{"code": "no_audio", "message": "There is no sound."}' """
            "WHERE name = %s AND run_id IN (SELECT id FROM pipeline_pipelinerun WHERE video_id = %s)",
            [name, video.id],
        )


def _fail(video: Video) -> None:
    settle(_claimed(), Failed(_REASON))
    settle(_claimed(), Skipped(_REASON))
    video.refresh_from_db()
    assert video.status == Video.Status.FAILED
