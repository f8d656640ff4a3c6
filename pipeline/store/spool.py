"""The copies that a machine has of files kept elsewhere: brought once, bounded, oldest out first.

They lie at the same places under the media root as kept files would. Beside them every video has
a card, `spool/<id>`: whoever uses the copies holds a shared lock on it, whoever evicts them an
exclusive one; it says their size in bytes, and when they were last used by when it was written.
The kernel drops the locks of a process that dies.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

from django.conf import settings

from . import places

_POLL_S = 0.05
# A copy may be there before the row of its video is committed.
_COMING_IN_S = 600.0


@contextmanager
def hold(video_id: UUID) -> Iterator[None]:
    """Keep the video's copies from eviction meanwhile; then make room if there are too many."""
    with _locked(_card(video_id), fcntl.LOCK_SH) as card:
        try:
            yield
        finally:
            os.pwrite(card, f"{_used_bytes(places.video_dir(video_id)):<20}".encode(), 0)
    make_room(0)


@contextmanager
def bringing(video_id: UUID, stop: Event) -> Iterator[None]:
    """Be the one process of this machine that brings files of a held video.

    Raises `InterruptedError` soon after `stop` is set.
    """
    turn = _card(video_id).with_suffix(".turn")
    descriptor = os.open(turn, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        while not _try_lock(descriptor):
            if stop.wait(_POLL_S):
                raise InterruptedError("It is not wanted any more.")
        yield
    finally:
        os.close(descriptor)


def make_room(needed_bytes: int) -> None:
    """Evict the copies of videos that nobody holds, the longest unused first, until it fits.

    What is held stays, so the copies may take more room than they should while it is.
    """
    cards = sorted(_cards(), key=_used_at)
    sizes = {card: _size(card) for card in cards}
    over = sum(sizes.values()) + needed_bytes - settings.SPOOL_BYTES
    for card in cards:
        if over <= 0:
            return
        if evict(UUID(card.name)):
            over -= sizes[card]


def evict(video_id: UUID) -> bool:
    """Remove the copies of a video; False: somebody holds them."""
    card = _card(video_id)
    try:
        with _locked(card, fcntl.LOCK_EX | fcntl.LOCK_NB):
            with suppress(FileNotFoundError):
                places.video_dir(video_id).rename(card.with_name(f"{uuid4()}.going"))
            card.with_suffix(".turn").unlink(missing_ok=True)
            card.unlink()
    except BlockingIOError:
        return False
    for going in card.parent.glob("*.going"):  # also what a process left that was killed here
        shutil.rmtree(going, ignore_errors=True)
    return True


def videos() -> list[UUID]:
    """Return the videos of which there are copies, but for those that are just coming in."""
    return [UUID(card.name) for card in _cards() if time.time() - _used_at(card) > _COMING_IN_S]


def _card(video_id: UUID) -> Path:
    return places.root() / "spool" / str(video_id)


def _cards() -> list[Path]:
    return [path for path in (places.root() / "spool").glob("*") if not path.suffix]


@contextmanager
def _locked(card: Path, how: int) -> Iterator[int]:
    """Lock the card that is there at that moment. Raises `BlockingIOError` for `LOCK_NB`."""
    card.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(card, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, how)
            if os.fstat(descriptor).st_nlink:  # else it was evicted before we had the lock
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _size(card: Path) -> int:
    """Return what the card says; where its writer was killed before it could, look."""
    with suppress(FileNotFoundError):
        return int(card.read_text() or _used_bytes(places.videos_dir() / card.name))
    return 0


def _used_at(card: Path) -> float:
    with suppress(FileNotFoundError):
        return card.stat().st_mtime
    return time.time()


def _used_bytes(directory: Path) -> int:
    used = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with suppress(FileNotFoundError):  # removed meanwhile
                used += (Path(folder) / name).stat().st_size
    return used
