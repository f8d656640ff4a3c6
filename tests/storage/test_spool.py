"""What this machine keeps of a bucket, and for how long."""

import os
import threading
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest

from pipeline import store
from pipeline.store import spool
from tests.storage.files import CONTENT, source

pytestmark = pytest.mark.usefixtures("bucket")


class TestSpool:
    def test_makes_room_by_what_is_unused_longest(self, settings: Any) -> None:
        settings.SPOOL_BYTES = 2 * len(CONTENT)
        old, used, new = (uuid4() for _ in range(3))
        for at, video_id in enumerate((old, used)):
            source(video_id)
            os.utime(store.root() / "spool" / str(video_id), (at, at))

        source(new)

        assert not store.source_path(old).exists()
        assert store.source_path(used).exists()
        assert store.source_path(new).exists()

    def test_never_evicts_what_is_held(self, settings: Any) -> None:
        settings.SPOOL_BYTES = len(CONTENT)
        held = uuid4()
        source(held)

        with store.hold(held):
            other = source(uuid4())
            assert not spool.evict(held)
            assert store.source_path(held).exists()

        assert not other.exists()

    def test_can_be_held_while_it_is_evicted(self) -> None:
        """Whoever waits for the lock of a card that goes gets that of the next."""
        video_id, stop = uuid4(), Event()
        here = source(video_id)
        evictor = threading.Thread(target=_evict_until, args=(video_id, stop))
        evictor.start()

        try:
            for _ in range(20):
                with store.hold(video_id):
                    store.bring([here], Event())
                    assert here.read_bytes() == CONTENT
        finally:
            stop.set()
            evictor.join()


def _evict_until(video_id: UUID, stop: Event) -> None:
    while not stop.is_set():
        spool.evict(video_id)
