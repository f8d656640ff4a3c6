"""Files with byte ranges (RFC 9110, section 14): what players seek with.

Django's `FileResponse` ignores `Range`. One range is served; several at once get the whole file,
which a server may always answer.

A thread that sends a file to a slow reader waits for it, and a paused player reads nothing. So
players get parts of a size that the server keeps in memory until they are read, and no thread
waits; what must come whole, a download, may hold half of the threads.
"""

import re
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Self

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from videos.api.errors import CONTENT_TYPE, problem
from videos.selectors import StoredFile

_BLOCK_BYTES = 256 * 1024
LARGEST_PART_BYTES = 2 * 1024 * 1024
"""Of a file that is played; a player asks for the rest."""
_downloads = threading.BoundedSemaphore(settings.WEB_THREADS // 2)
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


def file_response(
    request: Request, file: StoredFile, *, attachment: bool = False, max_age_s: int = 3600
) -> HttpResponseBase:
    """Answer 200, 206, 304, 416 or 503 with the file, or what of it the request asks for.

    An `attachment` is sent as far as it is asked for: programs that go on with a download where
    it broke off take a shorter part for all of it. Raises `FileNotFoundError`.
    """
    stat = file.path.stat()
    # Files are written once and replaced as a whole.
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": f"private, max-age={max_age_s}",
        "X-Content-Type-Options": "nosniff",
    }
    if etag in _tags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)

    status, start, end = HTTPStatus.OK, 0, stat.st_size
    wanted = request.headers.get("Range", "")
    if wanted and request.headers.get("If-Range", etag) == etag:
        try:
            part = parse_range(wanted, stat.st_size)
        except Unsatisfiable:
            return _unsatisfiable(stat.st_size, headers)
        if part:
            status, (start, end) = HTTPStatus.PARTIAL_CONTENT, part
            if not attachment:
                end = min(end, start + LARGEST_PART_BYTES)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{stat.st_size}"

    headers["Content-Length"] = str(end - start)
    if disposition := content_disposition_header(attachment, file.filename):
        headers["Content-Disposition"] = disposition
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=file.content_type)
    if end - start <= LARGEST_PART_BYTES:
        return HttpResponse(
            _read(file.path, start, end),
            status=status,
            headers=headers,
            content_type=file.content_type,
        )
    if not _downloads.acquire(blocking=False):
        return _busy()
    return StreamingHttpResponse(
        _Download(file.path, start, end),
        status=status,
        headers=headers,
        content_type=file.content_type,
    )


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the span `[start, end)` that a Range header asks for of `size` bytes.

    None: the header is malformed, in other units or asks for several parts, and is to be ignored.
    Raises `Unsatisfiable`.
    """
    match = _RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        if int(last) == 0 or size == 0:
            raise Unsatisfiable
        return max(0, size - int(last)), size
    start, end = int(first), int(last) + 1 if last else size
    if end <= start:
        if last:
            return None
        raise Unsatisfiable
    if start >= size:
        raise Unsatisfiable
    return start, min(end, size)


def _read(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


class _Download:
    """The bytes `[start, end)` of a file in blocks; closing it lets the next download begin."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._left = end - start
        self._closed = False
        try:
            self._file = path.open("rb")
        except BaseException:
            _downloads.release()
            raise
        self._file.seek(start)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        block = self._file.read(min(_BLOCK_BYTES, self._left))
        if not block:
            raise StopIteration
        self._left -= len(block)
        return block

    def close(self) -> None:
        """Close the file. Servers call it once, also where the client has gone."""
        if not self._closed:
            self._closed = True
            self._file.close()
            _downloads.release()


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _busy() -> JsonResponse:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(
        problem(
            status,
            "too_many_downloads",
            "Too many large files are being sent. Try again in a while.",
        ),
        status=status,
        headers={"Retry-After": "10"},
        content_type=CONTENT_TYPE,
    )


def _unsatisfiable(size: int, headers: dict[str, str]) -> JsonResponse:
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return JsonResponse(
        problem(status, "range_not_satisfiable", f"The file has {size} bytes."),
        status=status,
        headers=headers | {"Content-Range": f"bytes */{size}"},
        content_type=CONTENT_TYPE,
    )
