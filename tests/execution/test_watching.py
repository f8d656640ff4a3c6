"""Watched folders: what is taken, how often, and where it goes."""

import errno
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from pipeline import store
from pipeline.models import PipelineRun
from tests.execution.watched import CONTENT, heard, inbox, look, names, parts, put, watcher
from videos.models import Video, Workspace
from videos.services.watching import PlaceUnusable, folder, place_at

__all__ = ["heard", "inbox"]  # fixtures

pytestmark = pytest.mark.django_db

_MOVE = "videos.services.watching.folder._move"


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
