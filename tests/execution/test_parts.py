"""A stage that is split: its parts are claimed, lost, failed and joined like stages."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_q.models import OrmQ

from pipeline import results, runner, store
from pipeline.models import PipelineRun, StageRun
from pipeline.selectors import outlook, with_parts
from pipeline.services import (
    Failed,
    Succeeded,
    announce,
    cancel,
    hand_back,
    recover,
    reprioritise,
    settle,
    start,
)
from tests import factories
from tests.execution.conftest import at_once, claimed, expire, make_started_video, work_off
from tests.execution.parts import (
    PIECES,
    Configure,
    done,
    joined,
    marker,
    rows,
    serve,
    share,
    split,
    statuses,
)
from tests.execution.shards import LENGTH_MS, Used
from videos.lifecycle import Reason
from videos.models import Video
from videos.services import video_delete

__all__ = ["marker", "share"]  # fixtures

pytestmark = pytest.mark.django_db
committing = pytest.mark.django_db(transaction=True)

SAME = "a" * 64
_REASON = Reason(code="not_media", message="It is no video.")


class TestSplit:
    def test_queues_a_part_for_each_shard_and_rings_for_it(self, share: Configure) -> None:
        before = OrmQ.objects.count()

        video = split(priority=7)

        whole, *parts = rows(video)
        assert whole.status == "WAITING"
        assert [str(part) for part in parts] == ["share 1/3", "share 2/3", "share 3/3"]
        assert {(part.status, part.priority) for part in parts} == {("QUEUED", 7)}
        assert len({row.fingerprint for row in (whole, *parts)}) == 4
        assert OrmQ.objects.count() == before + 1 + 3  # one for the stage that names the shards

    def test_leaves_a_single_shard_whole(self, share: Configure) -> None:
        share(shards=1)

        video = work_off(make_started_video())

        assert [row.shard for row in rows(video)] == [0]
        assert joined(video) == [0]

    def test_gives_a_part_the_time_of_its_own_length(self, share: Configure) -> None:
        video = split()
        factories.make_media(video, duration_ms=3 * LENGTH_MS)

        lease = claimed()

        assert (lease.shard, lease.duration_ms) == (1, LENGTH_MS)

    @pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
    def test_joins_in_the_order_of_the_shards(
        self, share: Configure, order: tuple[int, ...]
    ) -> None:
        video = split()
        for priority, shard in enumerate(reversed(order)):
            StageRun.objects.filter(name="share", shard=shard).update(priority=priority)

        work_off(video)

        assert video.status == Video.Status.COMPLETED
        parts = rows(video)[1:]
        ended = sorted(parts, key=lambda part: str(part.finished_at))
        assert tuple(part.shard for part in ended) == order
        assert joined(video) == [0, 1000, 2000]

    def test_hands_on_what_is_joined(self, share: Configure) -> None:
        video = work_off(make_started_video())

        used = results.load(Used, store.absolute(rows(video, "use")[0].artefact))
        assert used.count == 3

    @committing
    def test_queues_the_joiner_once_when_the_last_parts_end_at_once(self, share: Configure) -> None:
        for _ in range(5):
            video = split()
            ends = [partial(done, claimed()) for _ in range(3)]
            OrmQ.objects.all().delete()

            assert all(at_once(*ends))

            assert statuses(video) == ["QUEUED", *["SUCCEEDED"] * 3]
            assert OrmQ.objects.count() == 1
            video_delete(video=video)

    def test_tells_what_is_done(self, share: Configure) -> None:
        video = split()
        done(claimed())
        claimed()

        whole = with_parts(rows(video))[0]

        reason = outlook([whole]).waiting_for(whole)
        assert reason == {"code": "parts", "message": "1 of 3 parts are done."}
        assert whole.overall_progress == pytest.approx(1 / 3)
        assert whole.begun_at == whole.parts[0].started_at

    def test_tells_why_no_part_runs(self, share: Configure) -> None:
        video = split()
        whole = rows(video)[0]

        reason = outlook([whole]).waiting_for(whole)

        assert reason and reason["code"] == "parts"
        assert reason["message"].startswith("0 of 3 parts are done. No worker serves the queue")


class TestTurns:
    """A long video's parts let others in between them."""

    @pytest.fixture
    def ada(self, share: Configure) -> User:
        share(shards=20)
        announce("cpu")
        return User.objects.create_user("ada")

    @pytest.fixture
    def bob(self, db: None) -> User:
        return User.objects.create_user("bob")

    def test_another_users_first_waits_for_no_more_than_the_next_part(
        self, ada: User, bob: User
    ) -> None:
        start(video=factories.make_video(), user=ada)
        serve(6)
        newcomer = start(video=factories.make_video(), user=bob)

        assert newcomer.id in serve(2)

    def test_nor_where_later_videos_were_begun_before_the_parts_were_known(
        self, ada: User, bob: User
    ) -> None:
        start(video=factories.make_video(), user=ada)
        later = start(video=factories.make_video(), user=ada)
        cut = claimed()
        assert claimed().run_id == later.id
        settle(cut, Succeeded(model="", artefact="", result=PIECES))
        serve(3)
        newcomer = start(video=factories.make_video(), user=bob)

        assert newcomer.id in serve(2)

    def test_the_same_users_next_video_waits_for_all(self, ada: User) -> None:
        first, second = (start(video=factories.make_video(), user=ada) for _ in range(2))

        assert serve(24) == [first.id] * 23 + [second.id]

    def test_a_new_priority_keeps_their_order(self, ada: User) -> None:
        run = start(video=factories.make_video(), user=ada)
        serve(1)
        video = Video.objects.get(id=run.video_id)
        video.priority = 9

        reprioritise(video=video)

        assert [claimed().shard for _ in range(20)] == list(range(1, 21))


class TestFailure:
    def test_of_a_part_leaves_the_others_and_fails_the_run(
        self, share: Configure, marker: Path
    ) -> None:
        video = work_off(make_started_video())

        assert statuses(video) == ["SKIPPED", "SUCCEEDED", "FAILED", "SUCCEEDED"]
        whole = rows(video)[0]
        assert whole.reason == {
            "code": "upstream_failed",
            "message": "It needs the result of share 2/3, which failed.",
        }
        assert video.status == Video.Status.FAILED
        assert video.status_reason == {"code": "not_media", "message": "It is no sound."}

    def test_by_a_crash_counts_the_attempts_of_that_part(
        self, share: Configure, marker: Path
    ) -> None:
        share(act="crash")

        video = work_off(make_started_video())

        assert [row.attempt for row in rows(video)] == [0, 1, 3, 1]
        assert video.status_reason and video.status_reason["code"] == "worker_crashed"

    def test_by_a_skip_skips_the_stage(self, share: Configure, marker: Path) -> None:
        share(act="skip")

        video = work_off(make_started_video())

        assert statuses(video) == ["SKIPPED", "SUCCEEDED", "SKIPPED", "SUCCEEDED"]
        assert rows(video)[0].reason == {"code": "no_speech", "message": "Nobody speaks."}
        assert video.status == Video.Status.COMPLETED


class TestMishaps:
    def test_cancelling_ends_parts_that_wait_and_those_that_run(self, share: Configure) -> None:
        video = split()
        lease = claimed()

        cancel(video=video)

        assert statuses(video) == ["CANCELLED", "RUNNING", "CANCELLED", "CANCELLED"]
        assert hand_back(lease)
        video.refresh_from_db()
        assert video.status == Video.Status.CANCELLED

    def test_a_lost_worker_costs_its_part_alone(self, share: Configure) -> None:
        video = split()
        lost = claimed()
        expire()

        assert recover().requeued == 1

        work_off(video)
        assert not done(lost)
        assert [row.losses for row in rows(video)] == [0, 1, 0, 0]
        assert joined(video) == [0, 1000, 2000]

    def test_too_many_losses_of_a_part_fail_the_run(self, share: Configure, settings: Any) -> None:
        settings.PIPELINE_MAX_LOSSES = 1
        video = split()
        claimed()
        expire()

        recover()
        work_off(video)

        assert statuses(video) == ["SKIPPED", "FAILED", "SUCCEEDED", "SUCCEEDED"]
        assert video.status_reason and video.status_reason["code"] == "worker_lost"

    def test_a_joiner_that_waits_for_its_parts_is_not_stuck(self, share: Configure) -> None:
        split()

        assert recover().advanced == 0

    def test_a_joiner_that_nobody_queued_is(self, share: Configure) -> None:
        video = split()
        ended = {"status": "CANCELLED", "finished_at": timezone.now()}
        StageRun.objects.filter(shard__gt=0).update(**ended)

        assert recover().advanced == 1
        assert statuses(video)[0] == "SKIPPED"

    def test_a_message_that_is_gone_is_rung_again(self, share: Configure) -> None:
        split()
        OrmQ.objects.all().delete()

        assert recover().rung == 3

    @committing
    def test_deletion_leaves_neither_row_nor_file(self, share: Configure) -> None:
        video = split()
        runner.run_one("cpu")
        lease = claimed()

        video_delete(video=video)

        assert not done(lease)
        assert not StageRun.objects.exists()
        assert not store.video_dir(video.id).exists()

    @committing
    def test_parts_that_end_while_the_run_is_cancelled_end_it_once(self, share: Configure) -> None:
        for _ in range(5):
            video = split()
            ends = [partial(done, claimed()), partial(settle, claimed(), Failed(_REASON))]

            at_once(partial(cancel, video=video), *ends)

            run = PipelineRun.objects.get(video=video)
            assert run.status in ("CANCELLED", "FAILED")
            video_delete(video=video)
