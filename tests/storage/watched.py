"""A watched part of the tests' bucket."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.store.connection import client
from tests.factories import default_workspace
from tests.storage.server import BUCKET, Line, Server
from videos.services.watching import Watcher, place_at

CONTENT = b"a video, more or less"
NOT_MEDIA = {"code": "not_media", "message": "It is no video."}


class Killed(BaseException):
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
