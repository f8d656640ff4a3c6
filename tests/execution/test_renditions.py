"""Renditions on request: runs of their own beside the analysis, with parameters of their own."""

from typing import Any

import pytest

from pipeline import registry, runner, store
from pipeline.models import PipelineRun, StageRun
from pipeline.results import Redacted
from pipeline.services import (
    Standing,
    Succeeded,
    remove_leftovers,
    reprocess,
    settle,
    standing,
)
from tests.execution.conftest import (
    Configure,
    at_once,
    claimed,
    end_pauses,
    make_started_video,
    work_off,
)
from videos.models import Removal, Rendition, Video
from videos.selectors import RenditionState, rendition_get, rendition_state
from videos.services import rendition_delete, video_delete
from videos.services.renditions import rendition_request

pytestmark = pytest.mark.django_db(transaction=True)

SAME = "a" * 64


@pytest.fixture
def analysed(stages: Configure, settings: Any) -> Video:
    """A completed video on a server that makes redacted copies."""
    settings.PIPELINE_STAGES |= {"tests.execution.copies.Copy": {}}
    settings.PIPELINE_PROFILES |= {"redacted": {"first": {}, "redact": {}}}
    registry.stages.cache_clear()
    return work_off(make_started_video(checksum_sha256=SAME))


def request(video: Video, **redact: Any) -> Rendition:
    return rendition_request(
        video=video, kind=Rendition.Kind.REDACTED, parameters={"redact": redact}
    )


def carry_out(rendition: Rendition, *, most: int = 6) -> RenditionState:
    """Work until the rendition has ended."""
    for _ in range(most):
        shown = rendition_get(video=rendition.video, rendition_id=rendition.id)
        state = rendition_state(shown)
        if state.status in ("ready", "failed"):
            return state
        end_pauses()
        runner.run_one("cpu")
    raise AssertionError(f"the rendition is still {state}")


def made_by(rendition: Rendition) -> StageRun:
    found: StageRun = StageRun.objects.filter(run__rendition=rendition, name="redact").latest(
        "run__created_at"
    )
    return found


class TestRequest:
    def test_is_made_with_its_parameters_from_what_the_analysis_found(
        self, analysed: Video
    ) -> None:
        one, other = (request(analysed, mute_ms=[[0, end_ms]]) for end_ms in (500, 900))

        states = [carry_out(one), carry_out(other)]

        assert {state.status for state in states} == {"ready"}
        for rendition, muted in ((one, "((0, 500),)"), (other, "((0, 900),)")):
            rendition.refresh_from_db()
            assert store.absolute(rendition.path).read_text() == muted
            assert rendition.size_bytes == len(muted)
            assert StageRun.objects.get(run__rendition=rendition, name="first").reused
        analysed.refresh_from_db()
        assert analysed.status == Video.Status.COMPLETED

    def test_goes_beside_an_analysis_that_runs_again(self, analysed: Video) -> None:
        reprocess(video=analysed, stages=["third"])
        rendition = request(analysed)

        work_off(analysed)

        assert carry_out(rendition).status == "ready"
        assert PipelineRun.objects.filter(status="SUCCEEDED").count() == 3

    def test_by_many_at_once_begins_one(self, analysed: Video) -> None:
        made = at_once(*[lambda: request(analysed).id] * 4)

        assert len(set(made)) == 1
        assert PipelineRun.objects.filter(rendition=made[0]).count() == 1

    def test_after_a_failure_takes_over_what_was_finished(self, analysed: Video) -> None:
        rendition = request(analysed, act="fail")
        failed = carry_out(rendition)

        again = request(analysed, act="fail")

        assert failed.status == "failed"
        assert failed.reason == {"code": "not_media", "message": "It is no video."}
        assert again.id == rendition.id
        assert again.runs.count() == 2
        assert made_by(again).status == "QUEUED"

    def test_of_equal_bytes_takes_over_the_twins_file(self, analysed: Video) -> None:
        ours = request(analysed, marker="a")
        carry_out(ours)
        twin = work_off(make_started_video(checksum_sha256=SAME))

        theirs, different = request(twin, marker="a"), request(twin, marker="b")
        carry_out(theirs), carry_out(different)
        rendition_delete(rendition=ours)

        assert made_by(theirs).reused
        assert not made_by(different).reused
        theirs.refresh_from_db()
        assert store.absolute(theirs.path).is_file()

    def test_that_is_skipped_removes_no_other(self, analysed: Video) -> None:
        kept = request(analysed)
        carry_out(kept)

        skipped = carry_out(request(analysed, act="skip"))

        assert (skipped.status, skipped.reason and skipped.reason["code"]) == ("failed", "no_audio")
        kept.refresh_from_db()
        assert store.absolute(kept.path).is_file()

    def test_outlives_the_analysis_that_it_built_on(self, analysed: Video) -> None:
        rendition = request(analysed)
        carry_out(rendition)

        reprocess(video=analysed)
        work_off(analysed)

        rendition.refresh_from_db()
        assert store.absolute(rendition.path).is_file()


class TestDelete:
    @pytest.mark.parametrize("of", ["rendition", "video"])
    def test_ends_the_worker_at_it(self, analysed: Video, of: str) -> None:
        rendition = request(analysed)
        lease = claimed()
        workdir = store.artefact_dir(analysed.id, lease.name, lease.token)
        workdir.mkdir()
        (workdir / "copy.mp4").write_text("half")

        if of == "video":
            video_delete(video=analysed)
        else:
            rendition_delete(rendition=rendition)

        assert standing(lease) == Standing.LOST
        late = Succeeded(model="", artefact=store.relative(workdir), result=Redacted("copy.mp4"))
        assert not settle(lease, late)
        assert not Rendition.objects.filter(kind="redacted").exists()
        assert not workdir.exists()

    def test_is_finished_by_the_sweeper_where_the_process_dies(
        self, analysed: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept, gone = request(analysed, marker="a"), request(analysed, marker="b")
        carry_out(kept), carry_out(gone)
        files = [store.absolute(made_by(one).artefact) for one in (kept, gone)]
        with monkeypatch.context() as dying:
            dying.setattr("videos.services.renditions.pipeline.remove_files", lambda _: None)
            rendition_delete(rendition=gone)
        left = [file.exists() for file in files]

        remove_leftovers()

        assert left == [True, True]
        assert [file.exists() for file in files] == [True, False]
        assert not Removal.objects.exists()

    def test_beside_a_worker_that_settles_leaves_nothing_half(self, analysed: Video) -> None:
        rendition = request(analysed)
        lease = claimed()
        workdir = store.artefact_dir(analysed.id, lease.name, lease.token)
        workdir.mkdir()
        (workdir / "copy.mp4").write_text("whole")
        done = Succeeded(model="", artefact=store.relative(workdir), result=Redacted("copy.mp4"))

        at_once(
            lambda: settle(lease, done),
            lambda: rendition_delete(rendition=rendition),
        )

        assert not Rendition.objects.filter(id=rendition.id).exists()
        assert not StageRun.objects.filter(id=lease.stage_id).exists()
        assert not workdir.exists()
