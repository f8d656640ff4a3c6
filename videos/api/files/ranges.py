"""Files with byte ranges (RFC 9110, section 14): what players seek with.

Django's `FileResponse` ignores `Range`. One range is served; several at once get the whole file,
which a server may always answer.
"""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from videos.api.errors import CONTENT_TYPE, problem
from videos.selectors import StoredFile

_BLOCK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


def file_response(
    request: Request, file: StoredFile, *, attachment: bool = False, max_age_s: int = 3600
) -> HttpResponseBase:
    """Answer 200, 206, 304 or 416 with the file, or what of it the request asks for.

    Raises `FileNotFoundError`.
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
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{stat.st_size}"

    headers["Content-Length"] = str(end - start)
    if disposition := content_disposition_header(attachment, file.filename):
        headers["Content-Disposition"] = disposition
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=file.content_type)
    return StreamingHttpResponse(
        _blocks(file.path, start, end),
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


def _blocks(path: Path, start: int, end: int) -> Iterator[bytes]:
    """Yield the bytes `[start, end)` of a file; closing the generator closes the file."""
    with path.open("rb") as file:
        file.seek(start)
        left = end - start
        while left and (block := file.read(min(_BLOCK_BYTES, left))):
            left -= len(block)
            yield block


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _unsatisfiable(size: int, headers: dict[str, str]) -> JsonResponse:
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return JsonResponse(
        problem(status, "range_not_satisfiable", f"The file has {size} bytes."),
        status=status,
        headers=headers | {"Content-Range": f"bytes */{size}"},
        content_type=CONTENT_TYPE,
    )
