"""Predictions from history, and what a stage waits for."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipeline.models import PipelineRun, ServedQueue, StageRun
from pipeline.selectors import Kind, kind, outlook, served_queues, timings
from pipeline.services import announce, claim
from tests import factories
from tests.execution.history import took

pytestmark = pytest.mark.django_db

Status = StageRun.Status


def queued(**values: Any) -> StageRun:
    row: dict[str, Any] = {"status": Status.QUEUED, "queued_at": timezone.now()}
    return factories.make_stage_run(factories.make_run(factories.make_video()), **row | values)


def predicted_s(one: Kind, duration_ms: int) -> float | None:
    return timings([one]).predicted_s(one, duration_ms)


def waiting(stage: StageRun) -> Any:
    return outlook([stage]).waiting_for(stage)


class TestTimings:
    def test_are_medians_for_a_second_of_media(self) -> None:
        took(1, duration_ms=10_000)
        took(20, duration_ms=100_000)
        took(90, duration_ms=10_000)

        assert predicted_s(kind("probe", 1, {}), 60_000) == 12

    def test_count_what_was_computed_alone(self) -> None:
        took(1)
        took(100, reused=True)
        took(100, status=Status.FAILED)
        took(100, name="read_text")

        assert predicted_s(kind("probe", 1, {}), 10_000) == 1

    def test_prefer_the_version_at_hand(self) -> None:
        took(1, version=1)
        took(9, version=2)

        assert predicted_s(kind("probe", 1, {}), 10_000) == 1
        assert predicted_s(kind("probe", 2, {}), 10_000) == 9

    def test_fall_back_on_any_version(self) -> None:
        took(4, version=1)

        assert predicted_s(kind("probe", 7, {}), 10_000) == 4

    def test_prefer_the_parameters_at_hand(self) -> None:
        quick, thorough = {"model": "tiny", "beams": 1}, {"model": "base", "beams": 5}
        took(1, parameters=quick)
        took(9, parameters=thorough)
        took(9, parameters=thorough)

        known = timings([kind("probe", 1, quick), kind("probe", 1, thorough)])

        assert known.predicted_s(kind("probe", 1, quick), 10_000) == 1
        assert known.predicted_s(kind("probe", 1, thorough), 10_000) == 9
        assert predicted_s(kind("probe", 1, {"model": "large"}), 10_000) == 9

    def test_look_at_the_latest_runs_alone(self) -> None:
        long_ago = timezone.now() - timedelta(days=300)
        for _ in range(51):
            took(100, began=long_ago)
        for _ in range(50):
            took(1)

        assert predicted_s(kind("probe", 1, {}), 10_000) == 1

    def test_are_unknown_without_a_history_or_a_duration(self) -> None:
        took(1)

        probe, text = kind("probe", 1, {}), kind("read_text", 1, {})

        known = timings([probe, text])

        assert known.predicted_s(text, 10_000) is None
        assert known.predicted_s(probe, None) is None

    def test_are_nothing_for_what_has_only_gone_without_its_model(self) -> None:
        missing = {"code": "model_missing", "message": "The weights are not installed."}
        took(0.1, "find_entities", status=Status.SKIPPED, reason=missing)
        took(0.1, "transcribe", status=Status.SKIPPED, reason={**missing, "code": "no_audio"})
        names, speech = kind("find_entities", 1, {}), kind("transcribe", 1, {})

        known = timings([names, speech])

        assert known.predicted_s(names, 10_000) == 0
        assert known.of_work().predicted_s(names, 10_000) is None
        assert known.predicted_s(speech, 10_000) is None

        took(7, "find_entities")

        assert predicted_s(names, 10_000) == 7

    def test_of_a_split_stage_are_those_of_its_parts(self) -> None:
        took(0.2, "transcribe", duration_ms=60_000)
        run = PipelineRun.objects.get()
        began = timezone.now() - timedelta(hours=1)
        for shard in (1, 2):
            factories.make_stage_run(
                run,
                "transcribe",
                shard=shard,
                shards=2,
                media_ms=30_000,
                status=Status.SUCCEEDED,
                started_at=began,
                finished_at=began + timedelta(seconds=3),
            )

        assert predicted_s(kind("transcribe", 1, {}), 60_000) == 6

    def test_cost_one_query(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            timings([kind("probe", 1, {}), kind("read_text", 1, {}), kind("probe", 2, {"a": 1})])


class TestWaiting:
    def test_for_stages_that_come_first(self) -> None:
        run = factories.make_run(factories.make_video())
        factories.make_stage_run(run, "probe", status=Status.SUCCEEDED)
        factories.make_stage_run(run, "sample_frames", status=Status.RUNNING, attempt=1)
        factories.make_stage_run(run, "transcribe")
        stage = factories.make_stage_run(
            run, "detect_shots", needs=["probe", "sample_frames"], wants=["transcribe"]
        )

        assert waiting(stage) == {
            "code": "upstream",
            "message": "Waiting for sample_frames and transcribe.",
        }

    def test_behind_those_that_workers_take_before(self) -> None:
        announce("cpu")
        last = queued(priority=1)
        first, second = queued(), queued()
        queued(priority=1, queue="gpu")
        queued(run_after=timezone.now() + timedelta(hours=1))

        ahead = outlook([last, first, second])

        messages = [ahead.waiting_for(s) for s in (first, second, last)]
        assert [m and (m["code"], m["message"]) for m in messages] == [
            ("queue", "Next, once a worker is free."),
            ("queue", "Queued behind 1 stage."),
            ("queue", "Queued behind 2 stages."),
        ]

    def test_behind_a_long_queue_is_not_counted_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pipeline.selectors.lookahead._MOST_AHEAD", 2)
        announce("cpu")
        stages = [queued() for _ in range(4)]

        reason = outlook(stages).waiting_for(stages[-1])

        assert reason and reason["message"] == "Queued behind 2 stages or more."

    def test_is_short_for_one_that_was_taken_since_it_was_read(self) -> None:
        announce("cpu")
        seen = queued()
        claim(queue="cpu", worker="w")

        assert waiting(seen)["message"] == "Next, once a worker is free."

    def test_until_it_is_tried_again(self) -> None:
        announce("cpu")
        at = timezone.now() + timedelta(minutes=2)

        reason = waiting(queued(run_after=at))

        assert reason["code"] == "backoff"
        assert reason["message"] == f"Tries again at {at:%Y-%m-%d %H:%M:%S} UTC."

    def test_for_a_worker_of_its_queue(self) -> None:
        announce("cpu")

        reason = waiting(queued(queue="gpu"))

        start = "Start one: manage.py work --queue gpu"
        message = f"No worker serves the queue gpu. {start}"
        assert reason == {"code": "no_worker", "message": message}

    @pytest.mark.parametrize("status", [Status.RUNNING, Status.SUCCEEDED, Status.CANCELLED])
    def test_is_over_once_it_has_begun(self, status: str) -> None:
        assert waiting(queued(status=status)) is None

    def test_costs_the_same_queries_for_one_and_for_many(self) -> None:
        announce("cpu")
        stages = [queued() for _ in range(5)]
        stages += [factories.make_stage_run(stage.run, "read_text") for stage in stages]

        with CaptureQueriesContext(connection) as one:
            outlook([stages[0], stages[5]])
        with CaptureQueriesContext(connection) as many:
            outlook(stages)

        assert len(one) == len(many) <= 5


class TestServedQueues:
    def test_are_those_announced(self) -> None:
        announce("cpu")
        announce("cpu")

        assert served_queues() == {"cpu"}

    def test_are_forgotten_soon(self) -> None:
        announce("cpu")
        ServedQueue.objects.update(seen_at=timezone.now() - timedelta(seconds=11))
        assert served_queues() == set()

        announce("cpu")

        assert served_queues() == {"cpu"}

    def test_are_written_every_few_seconds_alone(self) -> None:
        announce("cpu")
        before = ServedQueue.objects.get().seen_at

        announce("cpu")

        assert ServedQueue.objects.get().seen_at == before
