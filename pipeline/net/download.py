"""Bringing a file from an address to disk, taking up what an earlier try has brought."""

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import partial as bound_to
from http import HTTPStatus
from pathlib import Path
from typing import Self

import msgspec

from pipeline.errors import PipelineError, StageError, TransientError
from pipeline.net.addresses import Policy, Target
from pipeline.net.client import Answer, request

_BLOCK_BYTES = 1 << 20
_PART = "part"
# A connection that breaks is taken up again, as long as each brings something.
_MOST_FRUITLESS = 3
_PAUSE_S = 1.0
_LONGEST_WAIT_S = 3600.0

_RETRYABLE = {408, 425, 429}
_PAGES = {"text/html", "application/xhtml+xml"}
_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)", re.ASCII)
_SIZE = re.compile(r"\d{1,15}", re.ASCII)


@dataclass(frozen=True)
class Downloaded:
    """A file that is wholly on disk."""

    size_bytes: int
    checksum_sha256: str
    filename: str
    """As the server calls it, else by its address; may be empty. For display only."""


@dataclass(frozen=True)
class Bound:
    """How large the file may be at most, and what is raised where it is larger."""

    size_bytes: int
    error: PipelineError


class _Note(msgspec.Struct, frozen=True):
    """What has to be known of a part to go on with it."""

    validator: str
    """A strong ETag or a Last-Modified: the server sends the rest only if it still holds."""


class _Part:
    """A file that grows block by block, hashed on the way, locked against every other process."""

    def __init__(self, path: Path) -> None:
        """Open the part with what is in it, or begin one. Raises `BlockingIOError` if it is held."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._note_path = path.with_suffix(".json")
        self._file = path.open("ab+", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not path.exists() or path.stat().st_ino != os.fstat(self._file.fileno()).st_ino:
                raise BlockingIOError("It was finished before we had the lock.")
            self.validator = self._noted()
            self.size_bytes = 0
            self._sha256 = hashlib.sha256()
            self._take_up()
        except OSError:
            self._file.close()
            raise

    def begin(self, validator: str) -> None:
        """Empty the part: what comes now is what `validator` names."""
        self._file.truncate(0)
        self.size_bytes = 0
        self._sha256 = hashlib.sha256()
        self.validator = validator
        self._note_path.write_bytes(msgspec.json.encode(_Note(validator)))

    def write(self, block: bytes) -> None:
        """Append `block`. Raises `OSError` where the disk is full."""
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._sha256.update(block)
        self.size_bytes += len(block)

    def room(self, min_free_bytes: int) -> Bound:
        """Return how large it may become by what is free on its disk now."""
        free = max(0, shutil.disk_usage(self._path.parent).free - min_free_bytes)
        full = TransientError(
            "storage_full", "This server's disk has no room for the file.", retry_after_s=0.0
        )
        return Bound(self.size_bytes + free, full)

    def finish(self, target: Path) -> str:
        """Make it durable and move it to `target`; return its sha256."""
        os.fsync(self._file.fileno())
        self._note_path.unlink(missing_ok=True)
        self._path.replace(target)
        return self._sha256.hexdigest()

    def remove(self) -> None:
        """Remove it: nobody will go on with it."""
        self._note_path.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)

    def _noted(self) -> str:
        try:
            return msgspec.json.decode(self._note_path.read_bytes(), type=_Note).validator
        except (FileNotFoundError, msgspec.DecodeError):  # killed before it was written
            return ""

    def _take_up(self) -> None:
        if not self.validator:
            self._file.truncate(0)
        self._file.seek(0)
        while block := self._file.read(_BLOCK_BYTES):
            self._sha256.update(block)
            self.size_bytes += len(block)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._file.close()


def download(
    target: Target,
    policy: Policy,
    *,
    to: Path,
    partial: Path,
    bounds: Sequence[Bound],
    min_free_bytes: int,
    report: Callable[[float], None],
) -> Downloaded:
    """Bring what `target` has to the file `to`.

    Until it is whole it lies in the folder `partial`, where the next try finds it; both are on
    one file system, which keeps `min_free_bytes`. `report` is told the share of it, 0..1, of the
    tightest of the `bounds` where the server does not say how much there is.

    Raises `AddressRefused`, `StageError` (`fetch_refused`, `not_media`, `empty_file`),
    `TransientError` (`fetch_failed`, `storage_full`), what a bound says, or `OSError` where it
    cannot be written.
    """
    with _open(partial, to.parent) as part:
        try:
            pull = bound_to(_pull, target, policy, part, bounds, min_free_bytes, report)
            filename = _persist(part, pull)
            if not part.size_bytes:
                raise StageError(
                    "empty_file", f"{target.host} sent a file without any bytes: check the address."
                )
        except StageError:
            part.remove()
            raise
        size_bytes = part.size_bytes
        return Downloaded(size_bytes, part.finish(to), filename)


def _open(partial: Path, own: Path) -> _Part:
    """Return the part to go on with, or one of our own.

    A worker that lost its stage may still be writing when the next begins: that one finds the
    lock taken, and begins anew beside it.
    """
    try:
        return _Part(partial / _PART)
    except BlockingIOError:
        return _Part(own / _PART)


def _persist(part: _Part, pull: Callable[[], str]) -> str:
    """Pull until the part is whole, over as many connections as bring something."""
    fruitless = 0
    furthest = part.size_bytes
    while True:
        try:
            return pull()
        except TransientError as error:
            fruitless = 0 if part.size_bytes > furthest else fruitless + 1
            furthest = max(furthest, part.size_bytes)
            # Who said that it is busy, or is, is not asked again in this attempt.
            if error.retry_after_s is not None or fruitless == _MOST_FRUITLESS:
                raise
        time.sleep(_PAUSE_S * 2**fruitless)


def _pull(
    target: Target,
    policy: Policy,
    part: _Part,
    bounds: Sequence[Bound],
    min_free_bytes: int,
    report: Callable[[float], None],
) -> str:
    """Bring what the part still lacks by one request; return the file's name."""
    wanted = {}
    if part.size_bytes and part.validator:
        wanted = {"Range": f"bytes={part.size_bytes}-", "If-Range": part.validator}
    with request(target, policy, headers=wanted) as answer:
        _check(answer)
        total = _agree(answer, part)
        room = part.room(min_free_bytes)
        expected = total or min(bound.size_bytes for bound in (*bounds, room))
        _check_bounds(total or 0, [*bounds, room])
        for block in answer.blocks:
            # The disk is asked each time: others fill it meanwhile.
            _check_bounds(part.size_bytes + len(block), [*bounds, part.room(min_free_bytes)])
            part.write(block)
            report(min(1.0, part.size_bytes / expected))
        if total and part.size_bytes < total:
            raise TransientError(
                "fetch_failed", f"{target.host} sent only part of the file: retry."
            )
        return _filename(answer, target)


def _check_bounds(size_bytes: int, bounds: Iterable[Bound]) -> None:
    for bound in bounds:
        if size_bytes > bound.size_bytes:
            raise bound.error


def _check(answer: Answer) -> None:
    """Refuse what will bring no file: raises `StageError` or `TransientError`."""
    host, status = answer.target.host, answer.status
    if status in _RETRYABLE or status >= 500:
        message = f"{host} answered {_said(status)}: retry later."
        raise TransientError("fetch_failed", message, retry_after_s=_retry_after_s(answer.headers))
    if status == 416:
        return  # the file is shorter now: whatever page tells so, it is begun anew
    if status not in (200, 206):
        message = (
            f"{host} answered {_said(status)}: check the address, and that anybody may read it."
        )
        raise StageError("fetch_refused", message)
    if answer.headers.get("content-type", "").partition(";")[0].strip().lower() in _PAGES:
        message = "That address is a web page, not a video file: name the file itself."
        raise StageError("not_media", message)
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        message = (
            f"{host} sends the file compressed, though we asked it not to: name another address."
        )
        raise StageError("fetch_refused", message)


def _agree(answer: Answer, part: _Part) -> int | None:
    """Have the part be what the answer goes on with; return the whole file's size, if it says."""
    headers = answer.headers
    if answer.status == 200:
        part.begin(_validator(headers))
        length = _SIZE.fullmatch(headers.get("content-length", ""))
        return int(length[0]) if length else None
    span = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if answer.status == 206 and span and int(span[1]) == part.size_bytes:
        return int(span[2]) if span[2] != "*" else None
    part.begin("")
    raise TransientError(
        "fetch_failed", f"{answer.target.host} sent another part than asked for: retry."
    )


def _validator(headers: Mapping[str, str]) -> str:
    """Return what tells this version of the file from others; empty: nothing does."""
    etag = headers.get("etag", "")
    return etag if etag.startswith('"') else headers.get("last-modified", "")


def _filename(answer: Answer, asked: Target) -> str:
    """Return the file's name: as the server says, else by the address that says more."""
    message = Message()
    message["content-disposition"] = answer.headers.get("content-disposition", "")
    names = [message.get_filename() or "", asked.filename, answer.target.filename]
    if names[0]:
        return names[0]
    return next((name for name in names if Path(name).suffix), names[1] or names[2])


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """Return how long the server wants to be left alone, by its own clock; 0: it does not say."""
    wish = headers.get("retry-after", "")
    if _SIZE.fullmatch(wish):
        return min(float(wish), _LONGEST_WAIT_S)
    try:
        until, now = parsedate_to_datetime(wish), parsedate_to_datetime(headers.get("date", ""))
        return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT_S)
    except (ValueError, TypeError):  # no date, or one without its zone
        return 0.0


def _said(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
