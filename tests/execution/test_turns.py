"""Who is served next: one user's thousand videos and another's one."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from pipeline.models import PipelineRun, ServedQueue, StageRun
from pipeline.selectors import next_turn
from pipeline.services import (
    Again,
    Lease,
    Skipped,
    announce,
    hand_back,
    recover,
    reprioritise,
    settle,
    start,
)
from tests import factories
from tests.execution.conftest import Configure, claimed, end_pauses, expire
from videos.lifecycle import Reason
from videos.models import Video

pytestmark = pytest.mark.django_db

_REASON = Reason(code="no_audio", message="There is no sound.")


@pytest.fixture(autouse=True)
def _workers(stages: Configure, settings: Any) -> None:
    settings.PIPELINE_PROFILES = {"standard": {"first": {}}}
    announce("cpu")


@pytest.fixture
def two_queues(settings: Any) -> Callable[[str], None]:
    """Give each run a stage in the queue cpu and one in another."""

    def configure(other: str) -> None:
        settings.PIPELINE_QUEUES = ["cpu", other]
        settings.PIPELINE_STAGE_QUEUES = {"third": other}
        settings.PIPELINE_PROFILES = {"standard": {"first": {}, "third": {}}}

    return configure


def _handed_back(lease: Lease) -> None:
    hand_back(lease)


def _tried_again(lease: Lease) -> None:
    settle(lease, Again(_REASON))


def _lost(lease: Lease) -> None:
    expire()
    recover()


def _set_priority(video: Video, priority: int) -> None:
    Video.objects.filter(id=video.id).update(priority=priority)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")


def ask(user: User | None, count: int = 1, **values: Any) -> list[PipelineRun]:
    """Start runs of as many new videos."""
    return [start(video=factories.make_video(**values), user=user) for _ in range(count)]


def serve(runs: int) -> list[PipelineRun]:
    """Carry out stages until so many runs have ended, and return the runs as they ended."""
    ended: list[PipelineRun] = []
    while len(ended) < runs:
        lease = claimed()
        settle(lease, Skipped(_REASON))
        ended += PipelineRun.objects.filter(id=lease.run_id).exclude(status="ACTIVE")
    return ended


def begin(stages: int, *, queue: str) -> None:
    """Have as many stages taken by workers."""
    for _ in range(stages):
        claimed(queue)


def users(runs: list[PipelineRun]) -> list[str]:
    return [run.requested_by.username if run.requested_by else "" for run in runs]


class TestOrder:
    def test_lets_another_users_first_go_next(self, ada: User, bob: User) -> None:
        ask(ada, 30)
        serve(10)
        ask(bob, 1)

        served = serve(2)

        assert "bob" in users(served)

    def test_alternates_between_users(self, ada: User, bob: User) -> None:
        ask(ada, 20)
        serve(5)
        ask(bob, 6)

        order = users(serve(12))

        assert all(abs(order[:n].count("ada") - order[:n].count("bob")) <= 2 for n in range(13))

    def test_of_three_gives_each_a_third(self, ada: User, bob: User) -> None:
        eve = User.objects.create_user("eve")
        ask(ada, 40)
        ask(bob, 1)
        serve(8)
        ask(eve, 10)
        ask(bob, 10)

        shares = Counter(users(serve(18)))

        assert max(shares.values()) - min(shares.values()) <= 2

    def test_bounds_the_wait_however_the_others_come(self, ada: User) -> None:
        """Between two of one user's runs come at most two of each other's."""
        random = Random(7)
        others = [User.objects.create_user(f"u{n}") for n in range(3)]
        ask(ada, 8)
        order: list[str] = []
        while order.count("ada") < 8:
            if random.random() < 0.5:
                ask(random.choice(others), random.choice([1, 1, 6]))
            order += users(serve(1))

        places = [place for place, name in enumerate(order) if name == "ada"]
        for before, after in pairwise(places):
            between = Counter(order[before + 1 : after])
            assert max(between.values(), default=0) <= 2, order

    def test_ends_one_run_before_it_begins_that_users_next(
        self, ada: User, stages: Configure
    ) -> None:
        stages()  # three a run
        runs = ask(ada, 5)

        assert serve(5) == runs

    def test_puts_priority_first(self, ada: User, bob: User) -> None:
        ask(ada, 3)
        (urgent,) = ask(bob, 1, priority=6)
        ask(bob, 3, priority=4)

        order = serve(7)

        assert order[0] == urgent
        assert users(order[1:]) == ["ada"] * 3 + ["bob"] * 3

    def test_knows_the_command_line_as_one_of_them(self, ada: User) -> None:
        ask(None, 20)
        serve(5)
        ask(ada, 2)

        assert users(serve(4)).count("ada") == 2

    def test_tells_a_users_workspaces_apart(self, ada: User) -> None:
        ask(ada, 20)
        serve(5)
        (elsewhere,) = ask(ada, 1, workspace=factories.make_workspace())

        assert elsewhere in serve(2)


class TestTurn:
    def test_is_kept_by_what_is_tried_again(self, ada: User) -> None:
        run = ask(ada, 3)[2]
        StageRun.objects.exclude(run=run).delete()

        for end in (lambda lease: settle(lease, Again(_REASON)), hand_back):
            end_pauses()
            lease = claimed()
            end(lease)

        assert set(run.stages.values_list("turn", flat=True)) == {run.turn}

    def test_of_a_newcomer_is_not_set_back_by_what_is_tried_again(
        self, ada: User, bob: User
    ) -> None:
        late = ask(ada, 20)[0]
        lease = claimed()
        assert lease.run_id == late.id
        settle(lease, Again(_REASON))
        reached = serve(10)[-1].turn

        (run,) = ask(bob)

        assert run.turn >= reached

    def test_of_a_newcomer_is_that_of_the_slowest_queue(
        self, ada: User, bob: User, two_queues: Callable[[str], None]
    ) -> None:
        """Light stages run ahead of heavy ones."""
        two_queues("io")
        announce("io")
        runs = ask(ada, 10)
        begin(10, queue="io")

        (run,) = ask(bob)

        assert run.turn <= runs[0].turn

    def test_of_a_newcomer_leaves_out_a_queue_that_it_does_not_need(
        self, ada: User, bob: User
    ) -> None:
        announce("net")
        runs = ask(ada, 20)
        factories.make_stage_run(runs[0], "crawl", queue="net", status="QUEUED")
        reached = serve(10)[-1].turn

        (run,) = ask(bob)

        assert run.turn >= reached

    def test_of_a_newcomer_leaves_out_a_queue_without_workers(
        self, ada: User, bob: User, two_queues: Callable[[str], None]
    ) -> None:
        two_queues("gpu")
        ServedQueue.objects.create(name="gpu", seen_at=timezone.now() - timedelta(hours=1))
        runs = ask(ada, 20)
        begin(10, queue="cpu")
        reached = runs[9].turn

        (run,) = ask(bob)

        assert run.turn >= reached

    def test_is_kept_while_all_workers_are_gone(self, ada: User, bob: User) -> None:
        ask(ada, 20)
        reached = serve(10)[-1].turn
        ServedQueue.objects.update(seen_at=timezone.now() - timedelta(hours=1))

        (run,) = ask(bob)

        assert run.turn >= reached

    def test_is_a_new_one_among_the_equals_of_a_new_priority(self, ada: User, bob: User) -> None:
        ask(bob, 3, priority=9)
        runs = ask(ada, 30)
        video = Video.objects.get(id=runs[-1].video_id)
        _set_priority(video, 9)

        reprioritise(video=video)

        runs[-1].refresh_from_db()
        assert runs[-1].turn <= 1
        assert set(runs[-1].stages.values_list("priority", "turn")) == {(9, runs[-1].turn)}

    def test_of_a_newcomer_is_not_set_forward_by_a_begun_stage_of_another_priority(
        self, ada: User, bob: User
    ) -> None:
        (begun,) = ask(ada)
        lease = claimed()
        settle(lease, Again(_REASON))
        ask(ada, 30, priority=9)
        video = Video.objects.get(id=begun.video_id)
        _set_priority(video, 9)
        reprioritise(video=video)

        (newcomer,) = ask(bob, priority=9)

        assert newcomer in serve(2)

    @pytest.mark.parametrize("comes_back", [_handed_back, _tried_again, _lost])
    def test_is_that_of_the_new_priority_when_what_ran_comes_back(
        self, ada: User, bob: User, comes_back: Callable[[Lease], object]
    ) -> None:
        (run,) = ask(ada)
        lease = claimed()
        _set_priority(run.video, 9)
        reprioritise(video=run.video)

        comes_back(lease)

        run.refresh_from_db()
        row = run.stages.get()
        assert (row.status, row.priority, row.turn) == ("QUEUED", 9, run.turn)
        (newcomer,) = ask(bob, priority=9)
        assert newcomer.turn == 0

    def test_stays_when_the_priority_does(self, ada: User) -> None:
        last = ask(ada, 3)[-1]

        reprioritise(video=last.video)

        assert PipelineRun.objects.get(id=last.id).turn == last.turn

    def test_takes_one_query(self, ada: User, django_assert_num_queries: Any) -> None:
        video = ask(ada, 3)[-1].video

        with django_assert_num_queries(1):
            next_turn(workspace_id=video.workspace_id, user=ada, priority=5, queues=["cpu"])
