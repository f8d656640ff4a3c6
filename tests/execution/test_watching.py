"""Watched folders: what is taken, how often, and where it goes."""

import errno
import logging
import os
import shutil
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from pipeline import store
from pipeline.models import PipelineRun
from tests.execution.conftest import at_once
from tests.factories import default_workspace
from videos.models import Video, WatchedFile, Workspace
from videos.services import video_create
from videos.services.watching import PlaceUnusable, Watcher, folder, place_at

pytestmark = pytest.mark.django_db

CONTENT = b"a video, more or less"
_MOVE = "videos.services.watching.folder._move"


class _Killed(BaseException):
    """What no code of ours catches: the process is gone."""


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def watcher(inbox: Path) -> Watcher:
    """Return a watcher as a process that has just begun has it."""
    return Watcher(place_at(str(inbox)), default_workspace())


def put(inbox: Path, name: str = "harbour.mp4", content: bytes = CONTENT) -> Path:
    (inbox / name).write_bytes(content)
    return inbox / name


def look(inbox: Path, *, times: int = 2) -> Watcher:
    """Look so often; the second look takes what the first one saw."""
    looking = watcher(inbox)
    for _ in range(times):
        looking.look()
    return looking


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def parts() -> list[Path]:
    return list(store.incoming_dir().glob("*"))


class TestTaken:
    def test_files_become_videos_and_are_moved(self, inbox: Path) -> None:
        put(inbox)

        look(inbox)

        video = Video.objects.get()
        assert (video.title, video.filename) == ("harbour", "harbour.mp4")
        assert store.source_path(video.id).read_bytes() == CONTENT
        assert PipelineRun.objects.filter(video=video, status="ACTIVE").exists()
        assert names(inbox) == ["done"]
        assert names(inbox / "done") == ["harbour.mp4"]
        assert parts() == []

    def test_names_that_are_taken_get_a_number(self, inbox: Path) -> None:
        put(inbox)
        looking = look(inbox)
        put(inbox, content=b"another video of that name")

        looking.look()
        looking.look()

        assert names(inbox / "done") == ["harbour (2).mp4", "harbour.mp4"]
        assert Video.objects.count() == 2

    def test_names_that_are_not_utf_8_are_taken(self, inbox: Path) -> None:
        put(inbox, os.fsdecode(b"b\xe4r.mp4"))

        look(inbox)

        assert Video.objects.get().filename == "xe4r.mp4"
        assert names(inbox / "done") == ["b\\xe4r.mp4"]

    def test_equal_bytes_under_two_names_are_two_videos(self, inbox: Path) -> None:
        put(inbox, "one.mp4")
        put(inbox, "two.mp4")

        look(inbox)

        assert Video.objects.count() == 2


class TestLeft:
    def test_is_what_still_grows(self, inbox: Path) -> None:
        path = put(inbox)
        looking = watcher(inbox)
        for _ in range(3):
            looking.look()
            path.write_bytes(path.read_bytes() + b"more")

        assert not Video.objects.exists()
        assert names(inbox) == ["harbour.mp4"]

    def test_is_what_somebody_writes(self, inbox: Path) -> None:
        with put(inbox).open("ab"):
            looking = look(inbox, times=3)
            assert not Video.objects.exists()

        looking.look()
        looking.look()

        assert Video.objects.count() == 1

    def test_is_what_changes_while_it_is_copied(self, inbox: Path) -> None:
        path = put(inbox)
        real = folder._OpenFile.blocks

        def blocks(file: Any) -> Any:
            yield from real(file)
            path.write_bytes(b"changed" * 100)

        with patch.object(folder._OpenFile, "blocks", blocks):
            looking = look(inbox)

        assert not Video.objects.exists()
        assert parts() == []
        looking.look()
        looking.look()
        assert Video.objects.get().size_bytes == 700

    @pytest.mark.parametrize(
        "name", [".hidden.mp4", "a.mp4.part", "a.crdownload", "a.mp4~", "A.MP4.PART", "a.tmp"]
    )
    def test_is_what_is_hidden_or_unfinished(self, inbox: Path, name: str) -> None:
        put(inbox, name)

        look(inbox)

        assert not Video.objects.exists()
        assert names(inbox) == [name]

    def test_is_what_is_no_file_and_told_once(
        self, inbox: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        put(tmp_path, "secret")
        (inbox / "link.mp4").symlink_to(tmp_path / "secret")
        (inbox / "talks").mkdir()
        os.mkfifo(inbox / "pipe.mp4")
        put(inbox, "empty.mp4", b"")

        look(inbox, times=4)

        assert not Video.objects.exists()
        told = [record.getMessage() for record in caplog.records]
        assert told == [
            "empty.mp4 is empty: it is taken once there is something in it.",
            "link.mp4 is a symbolic link: put the file itself here.",
            "pipe.mp4 is no file.",
            "talks is a folder: put its files here, or watch it too.",
        ]

    @pytest.mark.parametrize("content", [CONTENT, b"x" * 1000])
    def test_leads_nowhere_by_links_that_others_made(
        self, inbox: Path, tmp_path: Path, settings: Any, content: bytes
    ) -> None:
        settings.MAX_UPLOAD_BYTES = 100
        ours = tmp_path / "ours"
        ours.mkdir()
        for name in ("done", "failed"):
            (inbox / name).symlink_to(ours)
        put(inbox, content=content)

        look(inbox)

        assert names(ours) == []
        assert names(inbox) == ["done", "failed", "harbour.mp4"]
        with pytest.raises(PlaceUnusable):
            place_at(str(inbox)).prepare()

    def test_overwrites_nothing_that_an_explanation_points_to(
        self, inbox: Path, tmp_path: Path, settings: Any
    ) -> None:
        settings.MAX_UPLOAD_BYTES = 10
        ours = put(tmp_path, "secret")
        (inbox / "failed").mkdir()
        (inbox / "failed/harbour.mp4.txt").symlink_to(ours)
        put(inbox)

        look(inbox)

        assert ours.read_bytes() == CONTENT
        assert "upload_too_large" in (inbox / "failed/harbour.mp4.txt").read_text()

    def test_is_what_cannot_be_read_and_told_once(
        self, inbox: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        put(inbox)
        denied = PermissionError(errno.EACCES, "Permission denied")

        with patch("videos.services.watching.folder.os.open", side_effect=denied):
            look(inbox, times=4)

        told = [record.getMessage() for record in caplog.records]
        assert told == ["harbour.mp4 cannot be taken: Permission denied."]
        assert names(inbox) == ["harbour.mp4"]

    def test_is_what_the_disk_has_no_room_for_until_it_has(
        self, inbox: Path, settings: Any
    ) -> None:
        put(inbox)
        settings.MIN_FREE_BYTES = 1 << 60
        looking = look(inbox, times=3)
        assert names(inbox) == ["harbour.mp4"]
        settings.MIN_FREE_BYTES = 0

        looking.look()

        assert Video.objects.count() == 1

    def test_is_what_is_over_a_quota_until_it_is_not(self, inbox: Path) -> None:
        put(inbox)
        Workspace.objects.update(max_videos=0)
        looking = look(inbox, times=3)
        assert names(inbox) == ["harbour.mp4"]
        assert not Video.objects.exists()
        Workspace.objects.update(max_videos=None)

        looking.look()

        assert Video.objects.count() == 1


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

        at_once(3, lambda: look(inbox))

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


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "videos.services.watching.watcher")
