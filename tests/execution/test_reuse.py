"""Two videos with the same bytes: the second takes over what the first has finished."""

from typing import Any

import pytest
from django.db import connection

from pipeline import computation, runner, store
from pipeline.models import StageRun
from pipeline.services import reprocess
from tests import factories
from tests.execution.conftest import Configure, make_started_video, stage, work_off
from videos.models import Video
from videos.services import video_delete

pytestmark = pytest.mark.django_db(transaction=True)

SAME = "a" * 64


@pytest.fixture
def twin(stages: Configure) -> Video:
    """A completed video."""
    return work_off(make_started_video(checksum_sha256=SAME))


def second_upload(**values: Any) -> Video:
    return make_started_video(**{"checksum_sha256": SAME} | values)


def computed(video: Video) -> list[str]:
    rows = StageRun.objects.filter(run__video=video, reused=False).order_by("position")
    return list(rows.values_list("name", flat=True))


class TestTakeOver:
    def test_starts_no_process(self, twin: Video, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(computation._children, "get", None)  # calling it would be a TypeError
        video = second_upload()

        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert computed(video) == []
        assert {row.attempt for row in StageRun.objects.filter(run__video=video)} == {1}

    def test_shares_the_bytes_and_not_the_folder(self, twin: Video) -> None:
        video = work_off(second_upload())

        ours = store.absolute(stage(video, "second").artefact) / "kept.txt"
        theirs = store.absolute(stage(twin, "second").artefact) / "kept.txt"
        assert ours.is_relative_to(store.video_dir(video.id))
        assert ours.samefile(theirs)

    def test_copies_across_devices(self, twin: Video, monkeypatch: pytest.MonkeyPatch) -> None:
        def another_device(*_: Any) -> None:
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr("os.link", another_device)

        video = work_off(second_upload())

        ours = store.absolute(stage(video, "second").artefact) / "kept.txt"
        assert computed(video) == []
        assert ours.read_text() == "second"
        assert not ours.samefile(store.absolute(stage(twin, "second").artefact) / "kept.txt")

    def test_outlives_the_twin(self, twin: Video) -> None:
        video = work_off(second_upload())

        video_delete(video=twin)

        assert not store.video_dir(twin.id).exists()
        for name in ("first", "second", "third"):
            assert (store.absolute(stage(video, name).artefact) / "kept.txt").read_text() == name

    def test_leaves_the_twin_alone_when_deleted(self, twin: Video) -> None:
        video = work_off(second_upload())

        video_delete(video=video)

        assert (store.absolute(stage(twin, "first").artefact) / "kept.txt").exists()

    def test_shares_skips(self, stages: Configure) -> None:
        stages(second="skip")
        work_off(make_started_video(checksum_sha256=SAME))

        video = work_off(second_upload())

        row = stage(video, "second")
        assert (row.status, row.reused) == ("SKIPPED", True)
        assert row.reason == {"code": "no_audio", "message": "There is no sound."}

    @pytest.mark.parametrize("act", ["fail", "crash"])
    def test_does_not_share_failures(self, stages: Configure, act: str) -> None:
        stages(first=act)
        work_off(make_started_video(checksum_sha256=SAME))

        video = work_off(second_upload())

        assert not stage(video, "first").reused

    def test_does_not_share_what_did_without_a_failed_input(self, stages: Configure) -> None:
        """The fingerprints of `third` are equal, but the twin's never saw a result of `second`."""
        stages(second="fail")
        broken = work_off(make_started_video(checksum_sha256=SAME))
        assert stage(broken, "third").status == "SUCCEEDED"

        video = second_upload()
        StageRun.objects.filter(run__video=video, name="second").update(
            parameters={"act": "succeed", "marker": ""}
        )
        work_off(video)

        assert stage(video, "second").status == "SUCCEEDED"
        assert computed(video) == ["second", "third"]

    def test_is_kept_within_a_workspace(self, twin: Video) -> None:
        video = work_off(second_upload(workspace=factories.make_workspace()))

        assert computed(video) == ["first", "second", "third"]

    def test_needs_the_same_bytes_and_parameters(self, twin: Video, stages: Configure) -> None:
        other = work_off(second_upload(checksum_sha256="b" * 64))
        stages(first={"act": "succeed", "marker": "another"})
        changed = work_off(second_upload())

        for video in (other, changed):
            assert computed(video) == ["first", "second", "third"]

    def test_computes_what_was_chosen_to_run_again(self, twin: Video) -> None:
        video = work_off(second_upload())

        reprocess(video=video, stages=["second"])
        work_off(video)

        run = video.runs.latest("created_at")
        assert set(run.stages.filter(reused=True).values_list("name", flat=True)) == {"first"}

    def test_computes_where_the_files_are_gone(self, twin: Video) -> None:
        store.discard(store.absolute(stage(twin, "second").artefact))

        video = work_off(second_upload())

        assert video.status == Video.Status.COMPLETED
        assert computed(video) == ["second"]

    def test_computes_where_the_result_has_another_shape(self, twin: Video) -> None:
        (store.absolute(stage(twin, "second").artefact) / "result.json").write_text(
            '{"forked_from": "x"}'
        )

        video = work_off(second_upload())

        assert video.status == Video.Status.COMPLETED
        assert computed(video) == ["second"]


class TestDeletionOfTheTwin:
    @pytest.mark.parametrize("first", ["deleted", "linked"])
    def test_in_the_middle_leaves_nothing_half(
        self, twin: Video, monkeypatch: pytest.MonkeyPatch, first: str
    ) -> None:
        """Whether the files went before they were linked or after, none of it counts."""
        video = second_upload()
        link = store.link

        def beside_a_deletion(*args: Any) -> None:
            if first == "linked":
                link(*args)
            video_delete(video=twin)
            connection.close()
            if first == "deleted":
                link(*args)

        monkeypatch.setattr(store, "link", beside_a_deletion)
        runner.run_one("cpu")
        monkeypatch.undo()
        work_off(video)

        assert video.status == Video.Status.COMPLETED
        assert computed(video) == ["first", "second", "third"]
        assert len(store.attempts(video.id)) == 3
