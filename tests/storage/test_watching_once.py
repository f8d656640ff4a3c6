"""A watched bucket whose watcher is killed, overtaken or beside others: no object is taken twice."""

from typing import Any
from unittest.mock import patch

import pytest
from s3transfer.manager import TransferManager

from pipeline import store
from pipeline.store.connection import client
from tests.execution.conftest import at_once
from tests.storage.watched import CONTENT, Inbox, Killed, inbox
from videos.models import Video
from videos.services.watching import watcher as watcher_module

__all__ = ["inbox"]  # a fixture

pytestmark = pytest.mark.django_db


class TestOnce:
    @pytest.mark.parametrize("at", ["copy", "head_object", "delete_object"])
    def test_an_object_is_taken_after_a_crash(self, inbox: Inbox, at: str) -> None:
        """Before it is copied to done/, after that, and before it is deleted."""
        inbox.put()
        watcher = inbox.look(times=1)
        dies = (
            patch.object(TransferManager, "copy", side_effect=Killed)
            if at == "copy"
            else patch.object(client(), at, _dies_in_move(getattr(client(), at)))
        )
        with dies, pytest.raises(Killed):
            watcher.look()
        assert "harbour.mp4" in inbox.names()

        inbox.look()

        assert Video.objects.count() == 1
        assert inbox.names() == {"done/harbour.mp4"}

    @pytest.mark.django_db(transaction=True)
    def test_an_object_is_taken_by_one_of_many_watchers(self, inbox: Inbox) -> None:
        for number in range(5):
            inbox.put(f"{number}.mp4")

        at_once(*[lambda: inbox.look(times=3)] * 3)

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


def _dies_in_move(real: Any) -> Any:
    """Return what dies where the moved object is there and its source still is."""

    def call(**query: Any) -> Any:
        if "IfMatch" in query:
            raise Killed
        return real(**query)

    return call
