"""Watched buckets: the rule is tested with folders, here is what a real S3 server adds to it."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from pipeline import store
from pipeline.store.connection import client, transfer_config
from tests.storage.server import BUCKET
from tests.storage.watched import CONTENT, NOT_MEDIA, Inbox, inbox, told
from videos.models import Video, WatchedFile, Workspace
from videos.services.watching import bucket as bucket_module

__all__ = ["inbox"]  # a fixture

pytestmark = pytest.mark.django_db


class TestTaken:
    def test_objects_become_videos_and_are_moved(self, inbox: Inbox) -> None:
        inbox.put(ContentType="video/mp4", Metadata={"shelf": "7"})

        inbox.look()

        video = Video.objects.get()
        assert (video.title, video.size_bytes) == ("harbour", len(CONTENT))
        assert store.source_path(video.id).read_bytes() == CONTENT
        assert list(store.incoming_dir().iterdir()) == []
        assert inbox.names() == {"done/harbour.mp4"}
        moved = client().head_object(Bucket=BUCKET, Key=f"{inbox.prefix}done/harbour.mp4")
        assert (moved["ContentType"], moved["Metadata"]) == ("video/mp4", {"shelf": "7"})

    def test_objects_are_taken_into_the_bucket_that_keeps_all(
        self, inbox: Inbox, settings: Any
    ) -> None:
        settings.S3_BUCKET = BUCKET
        inbox.put()

        inbox.look()

        video = Video.objects.get()
        assert store.size(store.source_path(video.id)) == len(CONTENT)
        assert inbox.names() == {"done/harbour.mp4"}

    def test_names_may_be_odd(self, inbox: Inbox) -> None:
        odd = {"a b+ü%20\u202egpm.mp4", "two\nlines.mp4", "no ending "}
        for name in odd:
            inbox.put(name)

        inbox.look()

        assert inbox.names() == {f"done/{name}" for name in odd}
        assert Video.objects.count() == len(odd)

    def test_objects_in_parts_are_moved_whole(
        self, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transfer_config, "multipart_threshold", 5 << 20)
        monkeypatch.setattr(transfer_config, "multipart_chunksize", 5 << 20)
        content = bytes(range(256)) * (12 << 12)
        inbox.put(content=content, ContentType="video/mp4")

        inbox.look()

        assert inbox.names() == {"done/harbour.mp4"}
        assert inbox.get("done/harbour.mp4") == content
        assert store.source_path(Video.objects.get().id).read_bytes() == content
        moved = client().head_object(Bucket=BUCKET, Key=f"{inbox.prefix}done/harbour.mp4")
        assert moved["ContentType"] == "video/mp4"


class TestLeft:
    def test_is_what_still_changes(self, inbox: Inbox) -> None:
        watcher = inbox.watcher()
        for number in range(3):
            inbox.put(content=CONTENT + bytes([number]))
            watcher.look()

        assert not Video.objects.exists()
        assert inbox.names() == {"harbour.mp4"}

    def test_is_what_is_unfinished_or_no_object_and_told_once(
        self, inbox: Inbox, caplog: pytest.LogCaptureFixture
    ) -> None:
        left = {"", ".hidden.mp4", "a.mp4.part", "empty.mp4", "talks/one.mp4"}
        for name in left:
            inbox.put(name, b"" if name in {"", "empty.mp4"} else CONTENT)

        inbox.look(times=4)

        assert not Video.objects.exists()
        assert inbox.names() == left
        assert told(caplog) == [
            "talks is a folder: put its files here, or watch it too.",
            "empty.mp4 is empty: it is taken once there is something in it.",
        ]

    def test_is_what_changes_while_it_is_copied(self, inbox: Inbox) -> None:
        inbox.put()
        real = bucket_module._Object.blocks

        def blocks(self: Any) -> Iterator[bytes]:
            yield from real(self)
            inbox.put(content=b"changed")

        with patch.object(bucket_module._Object, "blocks", blocks):
            watcher = inbox.look()
        assert not Video.objects.exists()
        watcher.look()
        watcher.look()

        assert Video.objects.get().size_bytes == len(b"changed")

    def test_is_what_changed_between_listing_and_copying(self, inbox: Inbox) -> None:
        inbox.put()
        watcher = inbox.look(times=1)
        (entry,) = watcher.place.entries()
        inbox.put(content=b"another")

        with patch.object(bucket_module.Bucket, "entries", lambda _: iter([entry])):
            watcher.look()

        assert not Video.objects.exists()
        assert inbox.names() == {"harbour.mp4"}

    def test_is_what_there_is_no_room_for_until_there_is(self, inbox: Inbox, settings: Any) -> None:
        inbox.put()
        settings.MIN_FREE_BYTES = 1 << 60
        watcher = inbox.look()
        assert inbox.names() == {"harbour.mp4"}
        settings.MIN_FREE_BYTES = 0
        Workspace.objects.update(max_videos=0)
        watcher.look()
        assert inbox.names() == {"harbour.mp4"}
        Workspace.objects.update(max_videos=None)

        watcher.look()

        assert Video.objects.count() == 1


class TestFailed:
    def test_objects_that_are_too_large_say_so(self, inbox: Inbox, settings: Any) -> None:
        settings.MAX_UPLOAD_BYTES = 10
        inbox.put()

        inbox.look(times=3)

        assert not Video.objects.exists()
        assert not WatchedFile.objects.exists()
        assert inbox.names() == {"failed/harbour.mp4", "failed/harbour.mp4.txt"}
        said = b"The file is over this server's limit of 10 bytes. (upload_too_large)\n"
        assert inbox.get("failed/harbour.mp4.txt") == said

    def test_objects_that_cannot_be_analysed_say_why(self, inbox: Inbox) -> None:
        inbox.put()
        watcher = inbox.look()
        video = Video.objects.get()
        Video.objects.update(status=Video.Status.PROCESSING)
        Video.objects.update(status=Video.Status.FAILED, status_reason=NOT_MEDIA)

        watcher.look()

        assert inbox.names() == {"failed/harbour.mp4", "failed/harbour.mp4.txt"}
        said = f"It is no video. (not_media) Video {video.id}.\n"
        assert inbox.get("failed/harbour.mp4.txt").decode() == said
        assert not WatchedFile.objects.exists()
