"""Watching over a stage at work: its lease is renewed, and what is to end it is seen in time."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

from django.conf import settings

from pipeline.database import TROUBLE, reconnect
from pipeline.processes import Flag, Pulse
from pipeline.services import Lease, Standing, renew, standing

logger = logging.getLogger(__name__)

# Set when the cluster is told to stop; workers inherit it by fork and hand their stage back.
stopping = Flag()

# The worker's sign of life; the cluster sets one that it watches.
pulse = Pulse()

# How often whoever follows a stage lets the watch look.
TICK_S = 0.5

_LOOK_S = 1.0
_FAREWELL_S = 2.0


class LeaseLost(Exception):
    """Somebody else has the stage now, or it is gone."""


class Unwanted(Exception):
    """The run was cancelled."""


class Stopping(Exception):
    """The worker is to stop."""


class Watch:
    """Over a stage at work: renews its lease, and sees when it is to end."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._renewed_at = self._looked_at = self._told = 0.0

    def tick(self, progress: float = 0.0) -> None:
        """Do what is due. Raises `LeaseLost`, `Unwanted` or `Stopping`."""
        pulse.beat()
        now = time.monotonic()
        if stopping.is_set():
            raise Stopping
        # Progress is worth a write a second; without any, the lease alone wants renewing.
        pause_s = _LOOK_S if progress > self._told else settings.PIPELINE_LEASE_S / 4
        if now - self._renewed_at > pause_s:
            self._renew(progress)
            self._renewed_at, self._told = now, progress
        if now - self._looked_at > _LOOK_S:
            self._look()
            self._looked_at = now

    def _renew(self, progress: float) -> None:
        with _database_may_be_gone(self._lease):
            if not renew(self._lease, progress=progress):
                raise LeaseLost

    def _look(self) -> None:
        with _database_may_be_gone(self._lease):
            match standing(self._lease):
                case Standing.LOST:
                    raise LeaseLost
                case Standing.CANCELLED:
                    raise Unwanted


def follow(lease: Lease, move: Callable[[threading.Event], None]) -> None:
    """Have a thread bring or keep files, and follow it to its end.

    Network and disks set its time, not the file: it counts against no deadline.
    Raises what `move` raises, or as `Watch.tick` does: then the thread is told to stop, and left
    alone where a network that is silent holds it. What it still keeps counts for nothing.
    """
    watch, stop, mover = Watch(lease), threading.Event(), ThreadPoolExecutor(1)
    moved = mover.submit(move, stop)
    try:
        while not wait([moved], timeout=TICK_S).done:
            watch.tick()
        moved.result()
    finally:
        stop.set()
        wait([moved], timeout=_FAREWELL_S)
        mover.shutdown(wait=False)


@contextmanager
def _database_may_be_gone(lease: Lease) -> Iterator[None]:
    """Compute on without it: it may be back before the lease is over, and the token decides."""
    try:
        yield
    except TROUBLE:
        logger.warning("%s of %s: the database does not answer", lease.name, lease.video_id)
        reconnect()
