"""Watched buckets: the rule is tested with folders, here is what a real S3 server adds to it."""

import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from s3transfer.manager import TransferManager

from pipeline import store
from pipeline.store import StorageUnavailable
from pipeline.store.connection import client, transfer_config
from tests.execution.conftest import at_once
from tests.factories import default_workspace
from tests.storage.server import BUCKET, Line, Server
from videos.models import Video, WatchedFile, Workspace
from videos.services.watching import Watcher, place_at
from videos.services.watching import bucket as bucket_module
from videos.services.watching import watcher as watcher_module

pytestmark = pytest.mark.django_db

CONTENT = b"a video, more or less"
NOT_MEDIA = {"code": "not_media", "message": "It is no video."}


class _Killed(BaseException):
    """What no code of ours catches: the process is gone."""


@dataclass
class Inbox:
    """A part of the bucket of this test's own."""

    prefix: str

    @property
    def address(self) -> str:
        return f"s3://{BUCKET}/{self.prefix}"

    def put(self, name: str = "harbour.mp4", content: bytes = CONTENT, **more: Any) -> None:
        client().put_object(Bucket=BUCKET, Key=self.prefix + name, Body=content, **more)

    def get(self, name: str) -> bytes:
        content: bytes = client().get_object(Bucket=BUCKET, Key=self.prefix + name)["Body"].read()
        return content

    def names(self) -> set[str]:
        found = client().list_objects_v2(Bucket=BUCKET, Prefix=self.prefix)
        return {one["Key"].removeprefix(self.prefix) for one in found.get("Contents", ())}

    def watcher(self) -> Watcher:
        return Watcher(place_at(self.address), default_workspace())

    def look(self, *, times: int = 2) -> Watcher:
        """Look so often, as a process does that has just begun."""
        watcher = self.watcher()
        for _ in range(times):
            watcher.look()
        return watcher


@pytest.fixture
def inbox(bucket: Server, settings: Any, caplog: pytest.LogCaptureFixture) -> Inbox:
    """What is watched; the server's own files are kept in a folder."""
    settings.S3_BUCKET = ""
    caplog.set_level(logging.WARNING, "videos")
    return Inbox(f"{settings.S3_PREFIX}/in box/")


@pytest.fixture
def line(bucket: Server, settings: Any) -> Iterator[Line]:
    with Line(bucket) as line:
        settings.S3_ENDPOINT_URL = line.url
        yield line


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    names = ("videos.services.watching.watcher", "videos.management.commands.watch")
    return [record.getMessage() for record in caplog.records if record.name in names]


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


class TestOnce:
    @pytest.mark.parametrize("at", ["copy", "head_object", "delete_object"])
    def test_an_object_is_taken_after_a_crash(self, inbox: Inbox, at: str) -> None:
        """Before it is copied to done/, after that, and before it is deleted."""
        inbox.put()
        watcher = inbox.look(times=1)
        dies = (
            patch.object(TransferManager, "copy", side_effect=_Killed)
            if at == "copy"
            else patch.object(client(), at, _dies_in_move(getattr(client(), at)))
        )
        with dies, pytest.raises(_Killed):
            watcher.look()
        assert "harbour.mp4" in inbox.names()

        inbox.look()

        assert Video.objects.count() == 1
        assert inbox.names() == {"done/harbour.mp4"}

    @pytest.mark.django_db(transaction=True)
    def test_an_object_is_taken_by_one_of_many_watchers(self, inbox: Inbox) -> None:
        for number in range(5):
            inbox.put(f"{number}.mp4")

        at_once(3, lambda: inbox.look(times=3))

        assert Video.objects.count() == 5
        assert inbox.names() == {f"done/{number}.mp4" for number in range(5)}
        assert list(store.incoming_dir().iterdir()) == []

    def test_other_bytes_of_that_name_are_another_object(self, inbox: Inbox) -> None:
        inbox.put()
        watcher = inbox.look()
        inbox.put(content=b"another video of that name")

        watcher.look()
        watcher.look()

        assert inbox.names() == {"done/harbour.mp4", "done/harbour (2).mp4"}
        assert inbox.get("done/harbour.mp4") == CONTENT
        assert Video.objects.count() == 2

    @pytest.mark.parametrize("before", ["video_create", "copy", "delete_object"])
    def test_what_takes_its_name_meanwhile_is_not_deleted_unseen(
        self, inbox: Inbox, before: str
    ) -> None:
        """Once it is copied for us, before it is copied to done/, and before it is deleted."""
        inbox.put()
        watcher = inbox.look(times=1)
        target = {
            "video_create": (watcher_module, "video_create"),
            "copy": (TransferManager, "copy"),
            "delete_object": (client(), "delete_object"),
        }[before]
        real = getattr(*target)

        def overtaken(*args: Any, **values: Any) -> Any:
            inbox.put(content=b"the next version")
            return real(*args, **values)

        with patch.object(*target, overtaken):
            watcher.look()
        assert inbox.get("harbour.mp4") == b"the next version"
        watcher.look()
        watcher.look()

        sizes = Video.objects.order_by("created_at").values_list("size_bytes", flat=True)
        assert list(sizes) == [len(CONTENT), len(b"the next version")]


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


class TestAway:
    def test_a_line_that_breaks_is_taken_up_where_it_broke(self, inbox: Inbox, line: Line) -> None:
        content = bytes(range(256)) * (8 << 12)
        inbox.put(content=content)
        asked = []
        real = bucket_module._Object._rest

        def rest(self: Any, begin: int) -> Iterator[bytes]:
            asked.append(begin)
            for block in real(self, begin):
                yield block
                if len(asked) == 1:
                    line.cut()
                    line.mend()

        with patch.object(bucket_module._Object, "_rest", rest):
            inbox.look()

        assert store.source_path(Video.objects.get().id).read_bytes() == content
        assert len(asked) > 1
        assert all(asked[1:])

    def test_a_bucket_that_is_away_is_told_once_and_waited_for(
        self, inbox: Inbox, line: Line, caplog: pytest.LogCaptureFixture, settings: Any
    ) -> None:
        inbox.put()
        line.cut()

        looks = itertools.count(1)

        def sleep(seconds: float) -> None:
            if seconds != 7:
                return  # between the client's own attempts
            if next(looks) == 2:
                line.mend()
            if Video.objects.exists():
                raise _Killed

        with patch("time.sleep", sleep), pytest.raises(_Killed):
            call_command("watch", inbox.address, every=7.0)

        assert told(caplog) == [
            f"{inbox.address} cannot be looked into: The bucket's server does not answer. "
            "Start it, or correct S3_ENDPOINT_URL. Trying again every 7 s.",
            f"{inbox.address} is looked into again.",
        ]
        assert inbox.names() == {"done/harbour.mp4"}

    def test_a_bucket_that_does_not_exist_is_waited_for(self, inbox: Inbox) -> None:
        place = place_at("s3://not-yet")

        place.prepare()

        with pytest.raises(StorageUnavailable, match="no such bucket"):
            Watcher(place, default_workspace()).look()


class TestCommand:
    def test_says_which_key_is_missing(
        self, inbox: Inbox, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.S3_ACCESS_KEY_ID = settings.S3_SECRET_ACCESS_KEY = ""
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

        with pytest.raises(CommandError, match=r"no key for the bucket\. Check S3_ACCESS_KEY_ID"):
            call_command("watch", inbox.address)

    @pytest.mark.parametrize(
        ("address", "done"), [("s3://", None), ("s3:///inbox", None), ("s3://b/in/", "/srv/done")]
    )
    def test_says_how_a_bucket_is_named(self, address: str, done: str | None) -> None:
        with pytest.raises(CommandError, match="write s3://BUCKET/PREFIX/"):
            call_command("watch", address, done=done)


def _dies_in_move(real: Any) -> Any:
    """Return what dies where the moved object is there and its source still is."""

    def call(**query: Any) -> Any:
        if "IfMatch" in query:
            raise _Killed
        return real(**query)

    return call
