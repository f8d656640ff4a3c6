"""A watched folder of this machine, or of one whose folders it sees."""

import errno
import fcntl
import itertools
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from videos.services.uploads import blocks

from .places import NotYet, PlaceUnusable

# FAT keeps times to so much; no other disk is less exact.
_COARSEST_NS = 2_000_000_000


@dataclass(frozen=True)
class Folder:
    """A place whose files are whole when nobody has them open for writing."""

    address: str
    done: str
    failed: str

    def prepare(self) -> None:
        if not Path(self.address).is_dir():
            raise PlaceUnusable(
                f"There is no folder {self.address}: name one on this machine, or s3://BUCKET/PREFIX/."
            )
        for place in (self.address, self.done, self.failed):
            if _text(place) != place:
                raise PlaceUnusable(f"{_text(place)} is not UTF-8: give the folder another name.")
            try:
                _make(Path(place))
            except OSError as error:
                raise PlaceUnusable(f"{place} cannot be made: {error.strerror}.") from error
            if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
                raise PlaceUnusable(
                    f"{place} is not ours to move files in: change its owner or mode."
                )

    def entries(self) -> Iterator["_Entry"]:
        for path in sorted(Path(self.address).iterdir()):
            if path not in (Path(self.done), Path(self.failed)):
                yield _Entry(path)

    @contextmanager
    def free(self, folder: str, name: str) -> Iterator[str]:
        target = _reserved(Path(folder), name)
        try:
            yield str(target)
        except BaseException:  # whatever happened, no empty file may stay
            target.unlink(missing_ok=True)
            raise

    def move(self, source: str, target: str) -> None:
        _move(Path(source), Path(target))

    def explain(self, target: str, text: str) -> None:
        beside = Path(f"{target}.txt")
        beside.unlink(missing_ok=True)  # whatever has the name may point elsewhere
        with beside.open("x") as file:
            file.write(text)


@dataclass(frozen=True)
class _Entry:
    path: Path

    @property
    def name(self) -> str:
        return _text(self.path.name)

    @contextmanager
    def opened(self) -> Iterator["_OpenFile"]:
        _check(self.path.lstat())
        number = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with FileIO(number) as file:
            _check(os.fstat(number))  # it may be another by now
            if _is_being_written(number):
                raise NotYet
            yield _OpenFile(self.path, file, os.fstat(number))


@dataclass(frozen=True)
class _OpenFile:
    path: Path
    file: FileIO
    status: os.stat_result

    @property
    def identity(self) -> str:
        return _identity(self.status)

    @property
    def size_bytes(self) -> int:
        return self.status.st_size

    def blocks(self) -> Iterator[bytes]:
        return blocks(self.file)

    def is_there(self) -> bool:
        try:
            return _identity(self.path.lstat()) == self.identity
        except FileNotFoundError:
            return False

    def move(self, target: str) -> None:
        moved = Path(target)
        _move(self.path, moved)
        if not _is_what_was(self.status, moved.lstat()):
            # Another one took its name at that moment: that is not done.
            _move(moved, _reserved(self.path.parent, self.path.name))
            raise NotYet


def _text(name: str) -> str:
    """Return a name as rows and logs can hold it: not every name is UTF-8."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _check(status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise NotYet("is a symbolic link: put the file itself here.")
    if stat.S_ISDIR(status.st_mode):
        raise NotYet("is a folder: put its files here, or watch it too.")
    if not stat.S_ISREG(status.st_mode):
        raise NotYet("is no file.")
    if not status.st_size:
        raise NotYet("is empty: it is taken once there is something in it.")


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


def _identity(status: os.stat_result) -> str:
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"


def _is_what_was(status: os.stat_result, moved: os.stat_result) -> bool:
    """Tell whether a moved file is the one of that status, or its copy on another disk."""
    inexact_ns = 0 if moved.st_ino == status.st_ino else _COARSEST_NS
    return (
        moved.st_size == status.st_size
        and abs(moved.st_mtime_ns - status.st_mtime_ns) <= inexact_ns
    )


def _make(folder: Path) -> None:
    """Make the folder where it is missing.

    Its path was resolved when it was named. A link there is of somebody who may write into the
    watched folder, and would have us write where he may not. Raises `OSError`.
    """
    if folder.is_symlink():
        raise OSError(errno.ELOOP, f"{folder.name}/ is a symbolic link, name what it points to")
    folder.mkdir(parents=True, exist_ok=True)


def _reserved(folder: Path, name: str) -> Path:
    """Return a new, empty file for another to replace: nobody else can choose its name."""
    _make(folder)
    path = folder / name
    for number in itertools.count(1):
        target = path if number == 1 else path.with_stem(f"{path.stem} ({number})")
        with suppress(FileExistsError):
            target.touch(exist_ok=False)
            return target
    raise AssertionError("count never ends")


def _move(path: Path, target: Path) -> None:
    """Replace what was reserved."""
    _make(target.parent)
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.move(path, target)
