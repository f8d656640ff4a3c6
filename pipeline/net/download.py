"""Bringing a file from an address to disk, taking up what an earlier try has brought."""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import partial as bound_to
from http import HTTPStatus
from pathlib import Path

from pipeline.errors import StageError, TransientError
from pipeline.net.addresses import Policy, Target
from pipeline.net.client import Answer, request
from pipeline.net.part import Bound, Part

_NAME = "part"
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


def _open(partial: Path, own: Path) -> Part:
    """Return the part to go on with, or one of our own.

    A worker that lost its stage may still be writing when the next begins: that one finds the
    lock taken, and begins anew beside it.
    """
    try:
        return Part(partial / _NAME)
    except BlockingIOError:
        return Part(own / _NAME)


def _persist(part: Part, pull: Callable[[], str]) -> str:
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
    part: Part,
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


def _agree(answer: Answer, part: Part) -> int | None:
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
