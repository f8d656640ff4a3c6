"""Runs and leases in the database: what must hold however calls interleave."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.models import OrmQ

from pipeline.models import PipelineRun, StageRun
from pipeline.services import (
    Again,
    Failed,
    Skipped,
    Standing,
    cancel,
    claim,
    hand_back,
    recover,
    renew,
    retry,
    settle,
    standing,
    start,
)
from tests import factories
from tests.execution.conftest import Configure, at_once, claimed, expire, make_started_video, stage
from videos.errors import InvalidTransition
from videos.lifecycle import Reason
from videos.models import Video

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
        leases = at_once(*[lambda: claim(queue="cpu", worker="w")] * 8)

        assert sum(lease is not None for lease in leases) == 1
        assert stage(video, "first").attempt == 1

    def test_starts_the_video(self, video: Video) -> None:
        claimed()

        video.refresh_from_db()
        assert video.status == Video.Status.PROCESSING

    def test_prefers_priority_then_age(self, stages: Configure) -> None:
        plain = [make_started_video(), make_started_video()]
        urgent = make_started_video(priority=9)

        order = [claimed() for _ in range(3)]

        assert [lease.video_id for lease in order] == [urgent.id, plain[0].id, plain[1].id]

    def test_tells_the_progress_of_this_attempt(self, video: Video) -> None:
        lost = claimed()
        assert renew(lost, progress=0.9)
        assert hand_back(lost)

        lease = claimed()

        assert StageRun.objects.get(id=lease.stage_id).progress == 0.0

    def test_leaves_what_backs_off(self, video: Video) -> None:
        StageRun.objects.update(run_after=timezone.now() + timedelta(minutes=1))

        assert claim(queue="cpu", worker="w") is None


@pytest.mark.django_db(transaction=True)
class TestSettle:
    def test_counts_once(self, video: Video) -> None:
        lease = claimed()

        outcomes = at_once(*[lambda: settle(lease, Failed(_REASON))] * 4)

        assert sorted(outcomes) == [False, False, False, True]

    def test_under_a_lost_lease_changes_nothing(self, video: Video) -> None:
        lease = claimed()
        StageRun.objects.filter(id=lease.stage_id).update(lease_token=uuid4())

        assert not settle(lease, Failed(_REASON))
        assert not renew(lease, progress=0.5)
        assert not hand_back(lease)
        assert stage(video, "first").status == "RUNNING"

    def test_of_a_deleted_video_changes_nothing(self, video: Video) -> None:
        lease = claimed()
        video.delete()

        assert not settle(lease, Failed(_REASON))

    def test_of_the_last_two_at_once_ends_the_run(self, stages: Configure) -> None:
        """Without the run row's lock each sees the other still running, and the run never ends."""
        for _ in range(10):
            video = make_started_video()
            StageRun.objects.filter(run__video=video, name="third").update(
                status="QUEUED", queued_at=timezone.now()
            )
            ends = [partial(settle, claimed(), Skipped(_REASON)) for _ in range(2)]

            at_once(*ends)

            video.refresh_from_db()
            assert video.status == Video.Status.COMPLETED

    def test_rings_for_each_stage_it_releases(self, video: Video) -> None:
        lease = claimed()
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

        assert sum(at_once(*[attempt] * 6)) == 1
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
        lease = claimed()
        cancel(video=video)
        assert standing(lease) is Standing.CANCELLED

        if end == "again":
            settle(lease, Again(_REASON))
        elif end == "hand_back":
            hand_back(lease)
        else:
            expire()
            recover()

        video.refresh_from_db()
        assert video.status == Video.Status.CANCELLED

    @pytest.mark.parametrize("end", ["settle", "hand back", "try again"])
    def test_and_the_end_of_a_stage_at_once_end_the_run_once(
        self, stages: Configure, end: str
    ) -> None:
        for _ in range(10):
            video = make_started_video()
            lease = claimed()
            ends = {
                "settle": partial(settle, lease, Skipped(_REASON)),
                "hand back": partial(hand_back, lease),
                "try again": partial(settle, lease, Again(_REASON)),
            }

            at_once(partial(cancel, video=video), ends[end])

            video.refresh_from_db()
            assert video.status == Video.Status.CANCELLED


def _fail(video: Video) -> None:
    settle(claimed(), Failed(_REASON))
    settle(claimed(), Skipped(_REASON))
    video.refresh_from_db()
    assert video.status == Video.Status.FAILED
