"""Files kept in a folder that every machine sees: each is at hand, and nothing is ever copied."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path
from threading import Event
from uuid import UUID

from . import places

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def adopt_source(video_id: UUID, path: Path, sha256: str) -> None:
    source = places.source_path(video_id)
    source.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() or not source.exists():
        path.replace(source)


def release_source(video_id: UUID, path: Path) -> None:
    with suppress(FileNotFoundError):
        places.source_path(video_id).replace(path)
    remove(video_id)


def link_source(video_id: UUID, path: Path, sha256: str) -> None:
    source = places.source_path(video_id)
    beside = source.with_suffix(".new")
    beside.unlink(missing_ok=True)
    _link(Event(), str(path), str(beside))
    beside.replace(source)


def hold(video_id: UUID) -> AbstractContextManager[object]:
    return nullcontext()


def bring(paths: Collection[Path], stop: Event) -> None:
    """All of it lies there; the stage that reads it says what does not."""


def keep(directory: Path, stop: Event, source: Path | None, sha256: str) -> None:
    """The place where an attempt writes is where it is kept."""


def link(source: Path, target: Path, stop: Event) -> None:
    """Share the bytes; across devices they are copied."""
    shutil.copytree(source, target, copy_function=partial(_link, stop))


def _link(stop: Event, source: str, target: str) -> None:
    if stop.is_set():
        raise InterruptedError("It is not wanted any more.")
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def exists(directory: Path) -> bool:
    return directory.is_dir()


def read(path: Path) -> bytes:
    return path.read_bytes()


def size(path: Path) -> int:
    return path.stat().st_size


def url(path: Path, method: str, content_type: str, disposition: str, expires_s: int) -> str | None:
    return None


def attempts(video_id: UUID) -> Collection[Path]:
    return list(places.artefacts_dir(video_id).glob("*"))


def discard(directory: Path) -> None:
    """A living video keeps the folder of all attempts: another one may be about to begin in it."""
    shutil.rmtree(directory, ignore_errors=True)
    artefacts, video = directory.parent, directory.parent.parent
    if not (video / places.SOURCE).exists():
        with suppress(OSError):  # gone already, or not empty yet
            artefacts.rmdir()
            video.rmdir()


def remove(video_id: UUID) -> None:
    with suppress(OSError):  # first: by this a stage at work sees that the video is gone
        places.source_path(video_id).unlink()
    shutil.rmtree(places.video_dir(video_id), ignore_errors=True)


def videos() -> Iterator[UUID]:
    return ids(path.name for path in places.videos_dir().glob("*"))


def ids(names: Iterable[str]) -> Iterator[UUID]:
    """Return the ids among names; the rest is somebody else's."""
    return (UUID(name) for name in names if _UUID.fullmatch(name))


def age_s(video_id: UUID) -> float:
    try:
        return time.time() - places.video_dir(video_id).stat().st_mtime
    except FileNotFoundError:
        return 0.0  # somebody removed it meanwhile


def set_aside(video_id: UUID) -> str:
    aside = places.aside_dir(video_id, exists)
    aside.parent.mkdir(exist_ok=True)
    places.video_dir(video_id).rename(aside)
    return str(aside)


def copied_videos() -> Collection[UUID]:
    return ()


def forget_copies(video_id: UUID) -> None:
    """What lies there is no copy."""


def check() -> None:
    with tempfile.TemporaryFile(dir=places.make_incoming_dir()) as file:
        file.write(b"ok")
