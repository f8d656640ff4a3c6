"""The files of all videos: what is kept of them, and where it is at hand on this machine.

Whatever keeps them, a file has one place under this machine's media root, and rows hold that
place's path relative to it. In a folder the place is where the file is kept, so it is always at
hand. Callers don't ask: they `bring` what they read by path, and `keep` what they made.

In a bucket the place holds a copy, for as long as that is held and as long as there is room.

All of it raises `OSError` where the store fails.
"""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Protocol
from uuid import UUID

from django.conf import settings

from . import folder
from .places import (
    absolute,
    artefact_dir,
    artefacts_dir,
    incoming_dir,
    make_incoming_dir,
    make_root,
    orphaned_dir,
    part_path,
    partial_dir,
    partials,
    relative,
    root,
    source_path,
    video_dir,
    videos_dir,
)
from .trouble import StorageUnavailable

__all__ = [
    "StorageUnavailable",
    "absolute",
    "adopt_source",
    "age_s",
    "artefact_dir",
    "artefacts_dir",
    "attempts",
    "bring",
    "check",
    "copied_videos",
    "discard",
    "exists",
    "forget_copies",
    "hold",
    "incoming_dir",
    "keep",
    "link",
    "link_source",
    "make_incoming_dir",
    "make_root",
    "orphaned_dir",
    "part_path",
    "partial_dir",
    "partials",
    "read",
    "relative",
    "release_source",
    "remove",
    "root",
    "set_aside",
    "size",
    "source_path",
    "url",
    "video_dir",
    "videos",
    "videos_dir",
]


class _Keeper(Protocol):
    """What every way of keeping files can do; the functions below say what each does."""

    def adopt_source(self, video_id: UUID, path: Path, sha256: str) -> None: ...
    def release_source(self, video_id: UUID, path: Path) -> None: ...
    def link_source(self, video_id: UUID, path: Path, sha256: str) -> None: ...
    def hold(self, video_id: UUID) -> AbstractContextManager[object]: ...
    def bring(self, paths: Collection[Path], stop: Event) -> None: ...
    def keep(self, directory: Path, stop: Event, source: Path | None, sha256: str) -> None: ...
    def link(self, source: Path, target: Path, stop: Event) -> None: ...
    def exists(self, directory: Path) -> bool: ...
    def read(self, path: Path) -> bytes: ...
    def size(self, path: Path) -> int: ...
    def attempts(self, video_id: UUID) -> Collection[Path]: ...
    def discard(self, directory: Path) -> None: ...
    def remove(self, video_id: UUID) -> None: ...
    def url(
        self, path: Path, method: str, content_type: str, disposition: str, expires_s: int
    ) -> str | None: ...
    def videos(self) -> Iterator[UUID]: ...
    def age_s(self, video_id: UUID) -> float: ...
    def set_aside(self, video_id: UUID) -> str: ...
    def copied_videos(self) -> Collection[UUID]: ...
    def forget_copies(self, video_id: UUID) -> None: ...
    def check(self) -> None: ...


def _keeper() -> _Keeper:
    if settings.S3_BUCKET:
        from . import bucket  # its libraries take a while: nobody else waits for them

        return bucket
    return folder


def adopt_source(video_id: UUID, path: Path, *, sha256: str = "") -> None:
    """Make the file at `path` the video's original, unless it is already.

    `sha256`, in hex, is checked where the file comes back from elsewhere.
    """
    _keeper().adopt_source(video_id, path, sha256)


def release_source(video_id: UUID, path: Path) -> None:
    """Take `adopt_source` back: the file lies at `path` again, and the video has none.

    Also where it was never adopted, or only halfway.
    """
    _keeper().release_source(video_id, path)


def link_source(video_id: UUID, path: Path, *, sha256: str) -> None:
    """Make a file that an attempt of the video has kept as its `source` the original.

    In place of any other; quickly, and doing it twice changes nothing.
    """
    _keeper().link_source(video_id, path, sha256)


def hold(video_id: UUID) -> AbstractContextManager[object]:
    """While this is held, what was brought or made of the video stays at hand."""
    make_root()
    return _keeper().hold(video_id)


def bring(paths: Collection[Path], stop: Event) -> None:
    """Have these files and whole folders of one held video at their places.

    May take long, and gives up with an `OSError` soon after `stop` is set.
    Raises `FileNotFoundError` for what is not kept.
    """
    _keeper().bring(paths, stop)


def keep(directory: Path, stop: Event, *, source: Path | None = None, sha256: str = "") -> None:
    """Keep the files that an attempt has made, before any row names them. As long as `bring`.

    `source` is that of them which `link_source` is to make the original: it is kept as that alone.
    """
    _keeper().keep(directory, stop, source, sha256)


def link(source: Path, target: Path, stop: Event) -> None:
    """Keep the files of the attempt `source` as those of `target` too, sharing what can be shared.

    Either may go without harm to the other: files of a finished stage are never written to.
    As long as `bring`.
    """
    _keeper().link(source, target, stop)


def exists(directory: Path) -> bool:
    """Tell whether an attempt's files are kept."""
    return _keeper().exists(directory)


def read(path: Path) -> bytes:
    """Return the content of a small kept file, at hand or not. Raises `FileNotFoundError`."""
    return _keeper().read(path)


def size(path: Path) -> int:
    """Return the bytes of a kept file, at hand or not. Raises `FileNotFoundError`."""
    return _keeper().size(path)


def attempts(video_id: UUID) -> Collection[Path]:
    """Return the folders of all attempts that left files, whatever became of them."""
    return _keeper().attempts(video_id)


def discard(directory: Path) -> None:
    """Remove an attempt's files; with the last ones, what is left of a video that is gone."""
    _keeper().discard(directory)


def remove(video_id: UUID) -> None:
    """Remove every file of a video; nothing there is fine."""
    _keeper().remove(video_id)


def url(
    path: Path, *, method: str = "GET", content_type: str, disposition: str, expires_s: int
) -> str | None:
    """Return an address at which anybody gets the file for so long; None: send it yourself.

    It is good for one method. Whether the file is there shows only when it is fetched.
    """
    return _keeper().url(path, method, content_type, disposition, expires_s)


def videos() -> Iterator[UUID]:
    """Yield the ids of all videos that have files."""
    return _keeper().videos()


def age_s(video_id: UUID) -> float:
    """Return for how many seconds no file of the video has changed; 0 where there is none."""
    return _keeper().age_s(video_id)


def set_aside(video_id: UUID) -> str:
    """Move the files of a video to where nothing reads or removes them; return where."""
    return _keeper().set_aside(video_id)


def copied_videos() -> Collection[UUID]:
    """Return the ids of the videos of which this machine has copies."""
    return _keeper().copied_videos()


def forget_copies(video_id: UUID) -> None:
    """Remove this machine's copies of a video's files, unless they are held."""
    _keeper().forget_copies(video_id)


def check() -> None:
    """See that files can be taken in and reached. Raises `OSError`."""
    _keeper().check()
