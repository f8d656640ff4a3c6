"""Taking in what is put into a folder: each file once, and none before it is whole.

A file is taken when it has not changed between two looks and nobody has it open for writing. Its
bytes are copied; then its video and a row that remembers the file are committed together, and
only then is it moved away. So it is in the folder, or it is in the database, or both: then the
row says so, and it is only moved.
"""

import errno
import fcntl
import itertools
import logging
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from videos.models import Video, WatchedFile, Workspace
from videos.services.admission import (
    QuotaExceeded,
    StorageFull,
    TooManyVideos,
    UploadTooLarge,
    admit,
)
from videos.services.uploads import EmptyFile, store_stream
from videos.services.videos import video_create

logger = logging.getLogger(__name__)

_BLOCK_BYTES = 1 << 20
# What browsers, copying programs and editors call a file that is not whole yet.
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", "~")
# FAT keeps times to so much; no other disk is less exact.
_COARSEST_NS = 2_000_000_000
_PASSING = (QuotaExceeded, StorageFull, TooManyVideos)


class _NotYet(Exception):
    """The file is not whole, or is no file; the text says what is odd about it, if anything."""


@dataclass
class Watcher:
    """Looks into one folder, again and again."""

    folder: Path
    done: Path
    """Where files go once their video exists."""
    failed: Path
    """Where files go that are refused or cannot be analysed, each with its reason beside it."""
    workspace: Workspace
    values: dict[str, Any] = field(default_factory=dict)
    """What every video gets: `profile`, `language`."""
    _seen: dict[str, str] = field(default_factory=dict)
    """Name → identity at the last look; empty where it could not be told."""
    _told: dict[str, str] = field(default_factory=dict)
    """Name → what was said of it last: once is enough."""

    def look(self) -> None:
        """Take what has become whole since the last look, and tell what became of earlier files.

        Raises `OSError` where the folder cannot be listed.
        """
        self.workspace.refresh_from_db()  # its quotas may have changed
        seen: dict[str, str] = {}
        for path in sorted(self.folder.iterdir()):
            if not _is_ignored(path.name) and path not in (self.done, self.failed):
                self._look_at(path, seen)
        self._seen = seen
        self._told = {name: said for name, said in self._told.items() if name in seen}
        self._tell_ends()

    def _look_at(self, path: Path, seen: dict[str, str]) -> None:
        name = _text(path.name)
        seen[name] = ""
        try:
            with _opened(path) as file:
                seen[name] = _identity(os.fstat(file.fileno()))
                if seen[name] == self._seen.get(name):
                    self._take(path, seen[name], file)
        except FileNotFoundError:
            return  # its owner took it back, or another watcher took it
        except (_NotYet, EmptyFile) as reason:
            self._tell(name, str(reason))
        except _PASSING as error:
            self._tell(name, f"waits: {error.message}")
        except OSError as error:
            self._tell(name, f"cannot be taken: {error.strerror}.")

    def _take(self, path: Path, identity: str, file: FileIO) -> None:
        key: dict[str, Any] = {
            "folder": _text(str(path.parent)),
            "name": _text(path.name),
            "identity": identity,
        }
        try:
            row = WatchedFile.objects.filter(**key).first() or self._ingest(key, file)
        except UploadTooLarge as error:
            _explain(_move(path, self.failed), f"{error.message} ({error.code})")
            logger.warning("%s is refused: %s", key["name"], error.message)
            return
        moved = _move(path, self.done)
        if not _is_what_was(identity, moved.lstat()):
            _move(moved, self.folder)  # another one took its name meanwhile: that is not done
            return
        WatchedFile.objects.filter(id=row.id).update(moved_to=_text(str(moved)))
        logger.info("%s is video %s", key["name"], row.video_id)

    def _ingest(self, key: dict[str, Any], file: FileIO) -> WatchedFile:
        """Copy the file, and commit its video and its row together. Of two at once one does."""
        admit(workspace=self.workspace, size_bytes=os.fstat(file.fileno()).st_size)
        with store_stream(chunks=_blocks(file), filename=key["name"]) as upload:
            if _identity(os.fstat(file.fileno())) != key["identity"]:
                raise _NotYet
            with transaction.atomic():
                row, is_new = WatchedFile.objects.get_or_create(**key)
                if is_new:
                    row.video = video_create(workspace=self.workspace, upload=upload, **self.values)
                    row.save(update_fields=["video"])
            return row

    def _tell_ends(self) -> None:
        """Move files whose analysis failed, and forget those that nothing is left to tell of."""
        ended = Q(video__isnull=True) | ~Q(video__status__in=Video.OPEN)
        rows = WatchedFile.objects.filter(ended, folder=_text(str(self.folder)))
        for row in rows.select_related("video"):
            if self._seen.get(row.name) in (row.identity, ""):
                continue  # it has, or may have, still to be moved, and must not be taken anew
            if row.video and row.video.status_reason:
                self._tell_failure(row, row.video.status_reason)
            row.delete()

    def _tell_failure(self, row: WatchedFile, reason: dict[str, str]) -> None:
        text = f"{reason['message']} ({reason['code']}) Video {row.video_id}."
        logger.warning("%s failed: %s", row.name, text)
        with suppress(FileNotFoundError):  # its owner took it away
            _explain(_move(Path(row.moved_to), self.failed), text)

    def _tell(self, name: str, why: str) -> None:
        if why and self._told.get(name) != why:
            self._told[name] = why
            logger.warning("%s %s", _text(name), why)


@contextmanager
def _opened(path: Path) -> Iterator[FileIO]:
    """Open a file that nobody writes. Raises `_NotYet`, or `OSError` where it cannot be read."""
    _check(path.lstat())
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with FileIO(number) as file:
        _check(os.fstat(number))  # it may be another by now
        if _is_being_written(number):
            raise _NotYet
        yield file


def _check(status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise _NotYet("is a symbolic link: put the file itself here.")
    if stat.S_ISDIR(status.st_mode):
        raise _NotYet("is a folder: put its files here, or watch it too.")
    if not stat.S_ISREG(status.st_mode):
        raise _NotYet("is no file.")
    if not status.st_size:
        raise _NotYet("is empty: it is taken once there is something in it.")


def _is_being_written(number: int) -> bool:
    """Tell whether somebody on this machine has the file open for writing.

    Linux grants a read lease only where nobody has; where it grants none at all (another's file,
    a network's folder) nobody knows.
    """
    try:
        fcntl.fcntl(number, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(number, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except (OSError, AttributeError):
        return False
    return False


def _blocks(file: FileIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK_BYTES):
        yield block


def _identity(status: os.stat_result) -> str:
    """Return what no other file of the name has, and this one only until somebody changes it."""
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"


def _is_what_was(identity: str, moved: os.stat_result) -> bool:
    """Tell whether a moved file is the one of that identity, or its copy on another disk."""
    inode, size, changed_ns = map(int, identity.split())
    inexact_ns = 0 if moved.st_ino == inode else _COARSEST_NS
    return moved.st_size == size and abs(moved.st_mtime_ns - changed_ns) <= inexact_ns


def _move(path: Path, folder: Path) -> Path:
    """Move a file into a folder, under a name that nothing there has; return its new path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = _reserved(folder, path)
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            target.unlink()
            raise
        shutil.move(path, target)
    return target


def _reserved(folder: Path, path: Path) -> Path:
    """Return a new, empty file for `path` to replace: nobody else can choose its name."""
    for number in itertools.count(1):
        target = folder / (path.name if number == 1 else f"{path.stem} ({number}){path.suffix}")
        with suppress(FileExistsError):
            target.touch(exist_ok=False)
            return target
    raise AssertionError("count never ends")


def _explain(path: Path, text: str) -> None:
    """Say beside the file why it is there."""
    path.with_name(f"{path.name}.txt").write_text(f"{text}\n")


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)


def _text(name: str) -> str:
    """Return a name as rows and logs can hold it: not every name is UTF-8."""
    return os.fsencode(name).decode(errors="backslashreplace")
