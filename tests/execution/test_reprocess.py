"""Running stages again: which, why, and what becomes of earlier results."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from pipeline import store
from pipeline.models import PipelineRun, StageRun
from pipeline.services import UnknownStage, cancel, preview, reprocess, retry
from tests import factories
from tests.execution.conftest import Configure, at_once, make_started_video, stage, work_off
from videos.errors import InvalidTransition
from videos.models import Rendition, Shot, Video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def done(video: Video) -> Video:
    """A completed video."""
    return work_off(video)


def artefacts(video: Video) -> set[str]:
    """Return the folders of results that are on disk."""
    return {store.relative(path) for path in store.attempts(video.id)}


def reused(video: Video) -> list[str]:
    """Return the stages that the newest run took over."""
    run = video.runs.latest("created_at")
    return list(run.stages.filter(reused=True).order_by("position").values_list("name", flat=True))


class TestReprocess:
    def test_runs_the_chosen_stages_and_what_depends_on_them(self, done: Video) -> None:
        kept = stage(done, "first")

        reprocess(video=done, stages=["second"])
        work_off(done)

        assert done.status == Video.Status.COMPLETED
        assert reused(done) == ["first"]
        assert stage(done, "first").artefact == kept.artefact
        assert stage(done, "third").attempt == 1

    def test_runs_all_where_none_is_named(self, done: Video) -> None:
        reprocess(video=done)
        work_off(done)

        assert reused(done) == []
        assert done.status == Video.Status.COMPLETED

    def test_runs_again_what_failed(self, stages: Configure) -> None:
        stages(first="succeed", third="fail")
        video = work_off(make_started_video())
        stages()

        reprocess(video=video, stages=["second"])
        work_off(video)

        assert video.status == Video.Status.COMPLETED

    def test_refuses_a_stage_that_the_profile_does_not_have(self, done: Video) -> None:
        with pytest.raises(UnknownStage, match="read_minds"):
            reprocess(video=done, stages=["first", "read_minds"])

        done.refresh_from_db()
        assert done.status == Video.Status.COMPLETED

    def test_is_refused_while_the_video_is_analysed(self, video: Video) -> None:
        with pytest.raises(InvalidTransition):
            reprocess(video=video)
        with pytest.raises(InvalidTransition):
            preview(video=video)

    @pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED"])
    def test_is_allowed_from_every_end(self, stages: Configure, status: str) -> None:
        video = factories.make_video(status=status)

        reprocess(video=video)

        video.refresh_from_db()
        assert video.status == Video.Status.PROCESSING

    def test_is_won_by_one_of_many(self, done: Video) -> None:
        def attempt() -> bool:
            try:
                reprocess(video=done, stages=["second"])
            except InvalidTransition:
                return False
            return True

        assert sum(at_once(*[attempt] * 6)) == 1
        assert PipelineRun.objects.filter(status="ACTIVE").count() == 1

    def test_is_still_wished_for_after_a_failure(self, done: Video, stages: Configure) -> None:
        stages(second={"act": "fail"})
        reprocess(video=done, stages=["second"])
        work_off(done)
        stages()

        retry(video=done)
        work_off(done)

        assert done.status == Video.Status.COMPLETED
        assert reused(done) == ["first"]

    def test_is_still_wished_for_after_a_cancel(self, done: Video) -> None:
        reprocess(video=done, stages=["second"])
        cancel(video=done)
        done.refresh_from_db()

        retry(video=done)

        assert {row.name for row in StageRun.objects.filter(fresh=True, status="QUEUED")} == {
            "second"
        }
        assert stage(done, "third").fresh


class TestPreview:
    def test_tells_what_runs_and_why(self, done: Video) -> None:
        plan = preview(video=done, stages=["second"])

        assert [(one.name, one.reason) for one in plan.would_run] == [
            ("second", "chosen"),
            ("third", "downstream of second"),
        ]
        assert [(kept.name, kept.status) for kept in plan.would_reuse] == [("first", "SUCCEEDED")]
        assert done.runs.count() == 1

    def test_predicts_from_what_it_took_before(self, done: Video) -> None:
        factories.make_media(done, duration_ms=2000)

        (first, *_) = preview(video=done).would_run

        row = stage(done, "first")
        assert row.started_at and row.finished_at
        took_s = (row.finished_at - row.started_at).total_seconds()
        assert first.predicted_s == pytest.approx(took_s, abs=0.01)

    def test_predicts_nothing_without_a_history(self, stages: Configure) -> None:
        video = factories.make_video(status="COMPLETED")
        factories.make_media(video)

        plan = preview(video=video)

        assert [one.predicted_s for one in plan.would_run] == [None] * 3

    def test_tells_of_stages_that_are_new(self, done: Video) -> None:
        StageRun.objects.filter(name="second").delete()

        plan = preview(video=done, stages=["third"])

        assert [(one.name, one.reason) for one in plan.would_run] == [
            ("second", "no result yet"),
            ("third", "chosen"),
        ]

    def test_tells_of_stages_that_have_changed(self, done: Video, stages: Configure) -> None:
        stages(first={"act": "succeed", "marker": "changed"})

        plan = preview(video=done, stages=["third"])

        assert [(one.name, one.reason) for one in plan.would_run] == [
            ("first", "changed parameters or version"),
            ("second", "downstream of first"),
            ("third", "chosen"),
        ]

    def test_tells_what_failed_before(self, stages: Configure) -> None:
        stages(second="fail")
        video = work_off(make_started_video())

        plan = preview(video=video, stages=["third"])

        assert [(one.name, one.reason) for one in plan.would_run] == [
            ("second", "failed before"),
            ("third", "chosen"),
        ]

    @pytest.mark.parametrize("chosen", [["first"], ["second"], ["third"], []])
    def test_is_what_then_runs(self, done: Video, chosen: list[str]) -> None:
        plan = preview(video=done, stages=chosen)

        reprocess(video=done, stages=chosen)

        assert reused(done) == [kept.name for kept in plan.would_reuse]


class TestEarlierResults:
    def test_go_once_the_new_run_has_succeeded(self, done: Video) -> None:
        before = artefacts(done)

        reprocess(video=done, stages=["second"])
        work_off(done)

        named = {row.artefact for row in done.runs.latest("created_at").stages.all()}
        assert artefacts(done) == named
        assert len(before - named) == 2

    def test_stay_while_the_new_run_fails(self, done: Video, stages: Configure) -> None:
        before = artefacts(done)
        stages(second="fail")

        reprocess(video=done, stages=["second"])
        work_off(done)

        assert before <= artefacts(done)

    def test_stay_where_findings_came_from_them(self, done: Video) -> None:
        """A stage that a run has no more leaves its findings and their files."""
        earlier = stage(done, "third")
        factories.make_rendition(done, earlier, Rendition.Kind.POSTER)

        reprocess(video=done, stages=["third"])
        work_off(done)

        assert earlier.artefact in artefacts(done)

    def test_never_change_in_the_rows(self, done: Video) -> None:
        before = list(StageRun.objects.order_by("id").values())

        reprocess(video=done)
        work_off(done)

        rows = StageRun.objects.filter(id__in=[row["id"] for row in before])
        assert list(rows.order_by("id").values()) == before

    def test_of_a_stage_that_now_finds_nothing_are_removed(
        self, done: Video, stages: Configure
    ) -> None:
        factories.make_shot(done, stage(done, "second"))
        stages(second="skip")

        reprocess(video=done, stages=["second"])
        work_off(done)

        assert stage(done, "second").status == "SKIPPED"
        assert not Shot.objects.exists()

    def test_of_workers_that_died_go_with_the_superseded_ones(self, done: Video) -> None:
        run = factories.make_run(done, rendition=factories.make_rendition(done, None, "proxy"))
        under_way, abandoned = (store.artefact_dir(done.id, "first", uuid4()) for _ in range(2))
        token = under_way.name.removeprefix("first-")
        factories.make_stage_run(run, "first", status="RUNNING", lease_token=token)
        for attempt in (under_way, abandoned):
            attempt.mkdir()

        reprocess(video=done, stages=["third"])
        work_off(done)

        assert not abandoned.exists()
        assert under_way.exists()
        assert len(store.attempts(done.id)) == 4

    def test_of_a_stage_that_now_fails_are_kept(self, done: Video, stages: Configure) -> None:
        factories.make_shot(done, stage(done, "second"))
        stages(second="fail")

        reprocess(video=done, stages=["second"])
        work_off(done)

        assert Shot.objects.count() == 1

    def test_of_an_older_run_are_not_taken_for_the_newest(
        self, stages: Configure, tmp_path: Path
    ) -> None:
        """What is shown is the newest run's; taking over an older one would not show it."""
        video = work_off(make_started_video())
        stages(first={"act": "succeed", "marker": str(tmp_path)})
        reprocess(video=video, stages=["first"])
        work_off(video)
        stages()

        reprocess(video=video, stages=["third"])

        assert reused(video) == []


class TestCommand:
    def test_runs_the_named_stages(self, done: Video, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("videos", "reprocess", str(done.id), "--stages", "second, third")

        assert capsys.readouterr().out == f"{done.id} PROCESSING\n"
        assert reused(done) == ["first"]

    def test_tells_what_would_run(self, done: Video, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("videos", "reprocess", str(done.id), "--stages=third", "--dry-run")

        assert capsys.readouterr().out.splitlines() == [
            "run    third: chosen",
            "reuse  first",
            "reuse  second",
        ]
        assert done.runs.count() == 1

    def test_tells_it_as_json(self, done: Video, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("videos", "reprocess", str(done.id), "--dry-run", "--json")

        told = json.loads(capsys.readouterr().out)
        assert [one["reason"] for one in told["would_run"]] == ["chosen"] * 3
        assert told["would_reuse"] == []

    @pytest.mark.parametrize("more", [[], ["--dry-run"]])
    def test_refuses_unknown_stages(self, done: Video, more: list[str]) -> None:
        with pytest.raises(CommandError, match="no stage read_minds"):
            call_command("videos", "reprocess", str(done.id), "--stages", "read_minds", *more)
