"""When a video will be done: its own work, and what workers do before it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipeline.models import StageRun
from pipeline.selectors import outlook, with_parts
from pipeline.services import announce
from tests import factories
from tests.execution.history import took
from videos.models import Video

pytestmark = pytest.mark.django_db

Status = StageRun.Status


class TestEta:
    @pytest.fixture(autouse=True)
    def history(self, settings: Any) -> None:
        settings.PIPELINE_WORKERS = 2
        took(2, "probe")
        took(10, "read_text")
        took(6, "transcribe")
        announce("cpu")

    def eta(self, *stages: StageRun) -> float | None:
        return outlook(stages).eta_s(stages, 10_000)

    def test_is_the_longest_chain_of_what_is_open(self) -> None:
        run = factories.make_run(factories.make_video())
        probe = factories.make_stage_run(run, "probe")
        text = factories.make_stage_run(run, "read_text", needs=["probe"])
        speech = factories.make_stage_run(run, "transcribe", wants=["probe"])

        assert self.eta(probe, text, speech) == 12

    def test_shares_the_work_among_the_workers(self, settings: Any) -> None:
        settings.PIPELINE_WORKERS = 1
        run = factories.make_run(factories.make_video())
        text = factories.make_stage_run(run, "read_text")
        speech = factories.make_stage_run(run, "transcribe")

        assert self.eta(text, speech) == 16

    def test_leaves_out_what_is_done(self) -> None:
        run = factories.make_run(factories.make_video())
        probe = factories.make_stage_run(run, "probe", status=Status.SUCCEEDED)
        text = factories.make_stage_run(
            run, "read_text", status=Status.RUNNING, attempt=1, progress=0.75, needs=["probe"]
        )

        assert self.eta(probe, text) == 2.5

    def test_shares_the_parts_of_a_split_stage_among_the_workers(self) -> None:
        run = factories.make_run(factories.make_video())
        speech = factories.make_stage_run(run, "transcribe")
        done, *others = [
            factories.make_stage_run(run, "transcribe", shard=shard, shards=3, status=status)
            for shard, status in enumerate([Status.SUCCEEDED, Status.QUEUED, Status.QUEUED], 1)
        ]
        done.progress = 1.0

        assert self.eta(*with_parts([speech, done, *others])) == 2

    def test_is_unknown_where_one_stage_is(self) -> None:
        run = factories.make_run(factories.make_video())
        probe = factories.make_stage_run(run, "probe")
        novel = factories.make_stage_run(run, "read_minds")

        assert self.eta(probe, novel) is None

    def test_is_none_once_all_has_ended(self) -> None:
        run = factories.make_run(factories.make_video())

        assert self.eta(factories.make_stage_run(run, status=Status.SUCCEEDED)) is None


class TestEtaInAQueue:
    """What workers do first counts, as far as it is known."""

    @pytest.fixture(autouse=True)
    def history(self, settings: Any) -> None:
        settings.PIPELINE_WORKERS = 2
        took(2, "probe")
        took(10, "read_text")
        announce("cpu")

    def video(self, turn: int, *, duration_ms: int | None = 10_000, **values: Any) -> StageRun:
        """A run of one stage, ten seconds of work by default, which is returned."""
        video = factories.make_video()
        if duration_ms is not None:
            factories.make_media(video, duration_ms=duration_ms)
        run = factories.make_run(video, turn=turn, priority=values.pop("priority", 5))
        row: dict[str, Any] = {"status": Status.QUEUED, "queued_at": timezone.now()}
        return factories.make_stage_run(run, values.pop("name", "read_text"), **row | values)

    def eta(self, stage: StageRun) -> float | None:
        return outlook([stage]).eta_s([stage], 10_000)

    def test_adds_what_comes_before_by_priority_and_turn(self) -> None:
        own = self.video(2)
        self.video(1)
        self.video(3, priority=9)
        self.video(3)

        assert self.eta(own) == 30

    def test_shares_it_among_those_at_work(self) -> None:
        own = self.video(2)
        self.video(1, status=Status.RUNNING, progress=0.5)
        self.video(3, status=Status.RUNNING, progress=0)
        self.video(1)

        assert self.eta(own) == 10 + (5 + 10 + 10) / 2

    def test_counts_what_waits_in_earlier_runs_too(self) -> None:
        own = self.video(2)
        before = self.video(1)
        factories.make_stage_run(before.run, "probe", needs=["read_text"])

        assert self.eta(own) == 22

    def test_counts_parts_by_their_lengths(self) -> None:
        own = self.video(2)
        split = self.video(1, status=Status.WAITING, split_by="detect_speech")
        for shard, status in enumerate([Status.SUCCEEDED, Status.QUEUED], start=1):
            factories.make_stage_run(
                split.run, "read_text", shard=shard, shards=2, media_ms=3000, status=status
            )

        assert self.eta(own) == 13

    def test_leaves_out_other_queues(self) -> None:
        own = self.video(2)
        self.video(1, queue="io")

        assert self.eta(own) == 10

    def test_leaves_out_what_is_not_fetched_yet(self) -> None:
        own = self.video(2)
        elsewhere = self.video(1, duration_ms=None)
        Video.objects.filter(id=elsewhere.run.video_id).update(
            checksum_sha256="", size_bytes=None, source_url="https://example.org/a.mp4"
        )

        assert self.eta(own) == 10

    def test_leaves_it_out_for_what_runs_already(self) -> None:
        own = self.video(2, status=Status.RUNNING)
        self.video(1)

        assert self.eta(own) == 10

    @pytest.mark.parametrize("novel", [{"name": "read_minds"}, {"duration_ms": None}])
    def test_is_unknown_where_what_comes_before_is(self, novel: dict[str, Any]) -> None:
        own = self.video(2)
        self.video(1, **novel)

        assert self.eta(own) is None

    def test_is_unknown_where_nobody_works(self) -> None:
        assert self.eta(self.video(1, queue="gpu")) is None

    def test_is_unknown_behind_more_than_is_looked_at(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pipeline.selectors.ahead._MOST_RUNS", 2)
        stages = [self.video(turn) for turn in (1, 2, 3)]

        assert [self.eta(stage) for stage in stages] == [10, 20, None]

    def test_costs_the_same_queries_for_one_and_for_many(self) -> None:
        stages = [self.video(turn) for turn in range(4)]

        with CaptureQueriesContext(connection) as captured:
            ahead = outlook(stages)
            etas = [ahead.eta_s([stage], 10_000) for stage in stages]

        assert etas == [10, 20, 30, 40]
        assert len(captured) <= 4
