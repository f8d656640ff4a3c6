"""Watched buckets that break off, are away, or were never there."""

import itertools
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command

from pipeline import store
from pipeline.store import StorageUnavailable
from tests.factories import default_workspace
from tests.storage.server import Line
from tests.storage.watched import Inbox, Killed, inbox, line, told
from videos.models import Video
from videos.services.watching import Watcher, place_at
from videos.services.watching import bucket as bucket_module

__all__ = ["inbox", "line"]  # fixtures

pytestmark = pytest.mark.django_db


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
                raise Killed

        with patch("time.sleep", sleep), pytest.raises(Killed):
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
