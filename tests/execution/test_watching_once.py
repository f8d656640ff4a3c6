"""A watched folder whose watcher is killed, or whose videos fail: no file is taken twice."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.execution.conftest import at_once
from tests.execution.watched import CONTENT, heard, inbox, look, names, parts, put
from videos.models import Video, WatchedFile
from videos.services import video_create
from videos.services.watching import folder

__all__ = ["heard", "inbox"]  # fixtures

pytestmark = pytest.mark.django_db

_MOVE = "videos.services.watching.folder._move"


class _Killed(BaseException):
    """What no code of ours catches: the process is gone."""


class TestOnce:
    @pytest.mark.parametrize(
        "at", ["folder._move", "watcher._alone"], ids=["before the move", "after the commit"]
    )
    def test_a_file_is_taken_after_a_crash(self, inbox: Path, at: str) -> None:
        put(inbox)
        with (
            patch(f"videos.services.watching.{at}", side_effect=_Killed),
            pytest.raises(_Killed),
        ):
            look(inbox)
        assert "harbour.mp4" in names(inbox)

        look(inbox)

        assert Video.objects.count() == 1
        assert names(inbox) == ["done"]
        assert names(inbox / "done") == ["harbour.mp4"]

    def test_a_file_is_not_taken_anew_by_who_copied_it_all_the_while(self, inbox: Path) -> None:
        """Its first watcher had time to take it, to tell its end and to forget it."""
        put(inbox)
        real = folder._OpenFile.blocks

        def blocks(file: Any) -> Any:
            yield from real(file)
            with patch.object(folder._OpenFile, "blocks", real):
                other = look(inbox)
            _end(Video.objects.get(), Video.Status.COMPLETED)
            other.look()
            assert not WatchedFile.objects.exists()

        with patch.object(folder._OpenFile, "blocks", blocks):
            look(inbox)

        assert Video.objects.count() == 1
        assert names(inbox / "done") == ["harbour.mp4"]
        assert parts() == []

    def test_a_file_is_taken_after_a_crash_before_the_commit(self, inbox: Path) -> None:
        put(inbox)
        with (
            patch("pipeline.services.start", side_effect=_Killed),
            pytest.raises(_Killed),
        ):
            look(inbox)
        assert not Video.objects.exists()
        assert not WatchedFile.objects.exists()

        look(inbox)

        assert Video.objects.count() == 1
        assert names(inbox / "done") == ["harbour.mp4"]

    @pytest.mark.django_db(transaction=True)
    def test_a_file_is_taken_by_one_of_many_watchers(self, inbox: Path) -> None:
        for number in range(5):
            put(inbox, f"{number}.mp4")

        at_once(*[lambda: look(inbox)] * 3)

        assert Video.objects.count() == 5
        assert sum(name.endswith(".mp4") for name in names(inbox / "done")) == 5
        assert parts() == []

    def test_a_file_that_crashed_and_ended_is_not_taken_anew(self, inbox: Path) -> None:
        """Its analysis may be over before anybody comes to move it."""
        put(inbox)
        with patch(_MOVE, side_effect=_Killed), pytest.raises(_Killed):
            look(inbox)
        _end(Video.objects.get(), Video.Status.COMPLETED)

        look(inbox, times=3)

        assert Video.objects.count() == 1
        assert names(inbox / "done") == ["harbour.mp4"]

    def test_a_file_that_crashed_and_ended_waits_while_somebody_has_it_open(
        self, inbox: Path
    ) -> None:
        path = put(inbox)
        with patch(_MOVE, side_effect=_Killed), pytest.raises(_Killed):
            look(inbox)
        _end(Video.objects.get(), Video.Status.COMPLETED)

        with path.open("ab"):
            looking = look(inbox)
        looking.look()
        looking.look()

        assert Video.objects.count() == 1
        assert names(inbox / "done") == ["harbour.mp4"]

    def test_what_takes_its_name_meanwhile_is_not_moved_unseen(self, inbox: Path) -> None:
        path = put(inbox)
        real = video_create

        def create(**values: Any) -> Video:
            video = real(**values)
            path.with_suffix(".new").write_bytes(b"the next version")
            path.with_suffix(".new").replace(path)
            return video

        with patch("videos.services.watching.watcher.video_create", create):
            looking = look(inbox)
        looking.look()
        looking.look()

        sizes = Video.objects.order_by("created_at").values_list("size_bytes", flat=True)
        assert list(sizes) == [len(CONTENT), len(b"the next version")]

    def test_rows_go_when_nothing_is_left_to_tell(self, inbox: Path) -> None:
        put(inbox)
        looking = look(inbox)
        assert WatchedFile.objects.count() == 1
        _end(Video.objects.get(), Video.Status.COMPLETED)

        looking.look()

        assert not WatchedFile.objects.exists()
        assert names(inbox / "done") == ["harbour.mp4"]


class TestFailed:
    def test_files_that_are_too_large_say_so(self, inbox: Path, settings: Any) -> None:
        settings.MAX_UPLOAD_BYTES = 10
        put(inbox)

        look(inbox)

        assert not Video.objects.exists()
        assert names(inbox / "failed") == ["harbour.mp4", "harbour.mp4.txt"]
        text = (inbox / "failed" / "harbour.mp4.txt").read_text()
        assert text == "The file is over this server's limit of 10 bytes. (upload_too_large)\n"

    def test_files_that_cannot_be_analysed_say_why(self, inbox: Path) -> None:
        put(inbox)
        looking = look(inbox)
        video = Video.objects.get()
        _end(video, Video.Status.FAILED, {"code": "not_media", "message": "It is no video."})

        looking.look()
        looking.look()

        assert names(inbox / "done") == []
        assert names(inbox / "failed") == ["harbour.mp4", "harbour.mp4.txt"]
        text = (inbox / "failed" / "harbour.mp4.txt").read_text()
        assert text == f"It is no video. (not_media) Video {video.id}.\n"

    def test_files_of_which_a_crash_hid_that_they_were_moved_say_why(self, inbox: Path) -> None:
        put(inbox)
        real = folder._move

        def move(path: Path, target: Path) -> None:
            real(path, target)
            raise _Killed

        with patch(_MOVE, move), pytest.raises(_Killed):
            look(inbox)
        reason = {"code": "not_media", "message": "It is no video."}
        _end(Video.objects.get(), Video.Status.FAILED, reason)

        look(inbox)

        assert names(inbox / "done") == []
        assert names(inbox / "failed") == ["harbour.mp4", "harbour.mp4.txt"]

    def test_files_that_their_owner_took_away_say_why_all_the_same(self, inbox: Path) -> None:
        put(inbox)
        looking = look(inbox)
        (inbox / "done" / "harbour.mp4").unlink()
        reason = {"code": "not_media", "message": "It is no video."}
        _end(Video.objects.get(), Video.Status.FAILED, reason)

        looking.look()

        assert names(inbox / "failed") == ["harbour.mp4.txt"]
        assert not WatchedFile.objects.exists()

    def test_other_disks_get_a_copy(self, inbox: Path) -> None:
        put(inbox)
        elsewhere = OSError(errno.EXDEV, "Invalid cross-device link")

        with (
            patch("pathlib.Path.replace", side_effect=elsewhere),
            patch("videos.services.watching.watcher.video_create", _without_files),
        ):
            look(inbox)

        assert (inbox / "done" / "harbour.mp4").read_bytes() == CONTENT
        assert names(inbox) == ["done"]

    def test_other_disks_may_keep_times_to_two_seconds(self, inbox: Path) -> None:
        os.utime(put(inbox), (1_700_000_001, 1_700_000_001))

        def move(path: Path, target: Path) -> None:
            shutil.copy(path, target)
            path.unlink()
            os.utime(target, (1_700_000_000, 1_700_000_000))

        with (
            patch("pathlib.Path.replace", side_effect=OSError(errno.EXDEV, "Invalid link")),
            patch("videos.services.watching.folder.shutil.move", move),
            patch("videos.services.watching.watcher.video_create", _without_files),
        ):
            look(inbox, times=4)

        assert Video.objects.count() == 1
        assert names(inbox) == ["done"]


def _end(video: Video, status: str, reason: dict[str, str] | None = None) -> None:
    """Bring the video to its end, as its run would."""
    Video.objects.filter(id=video.id).update(status=Video.Status.PROCESSING)
    Video.objects.filter(id=video.id).update(status=status, status_reason=reason)


def _without_files(**values: Any) -> Video:
    from tests.factories import make_video

    return make_video(workspace=values["workspace"])
