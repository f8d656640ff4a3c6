"""Resumable uploads in the OpenAPI document: nearly all they say is in headers."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from videos.api.schema import problems

_BODY = {"application/offset+octet-stream": OpenApiTypes.BINARY}


def _header(name: str, says: str, kind: Any = str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=says, **options)


def _answered(name: str, says: str, kind: Any = str, *, on: list[int]) -> OpenApiParameter:
    return _header(name, says, kind, response=on)


_VERSION = _header("Tus-Resumable", "The version of the protocol.", required=True, enum=["1.0.0"])
_CHECKSUM = _header(
    "Upload-Checksum",
    "`sha1` or `sha256`, a space, and the body's digest in Base64. Where it does not match, "
    "nothing of the body is taken.",
)
_METADATA = _header(
    "Upload-Metadata",
    "Pairs of a key and its value in Base64, with a space between them and commas between pairs: "
    "`filename`, `title`, `language`, `profile`, `priority`, `on_duplicate`, `metadata` (a JSON "
    "object).",
)


def _state(*statuses: int) -> list[OpenApiParameter]:
    on = list(statuses)
    return [
        _answered("Tus-Resumable", "The version of the protocol.", on=on),
        _answered("Upload-Offset", "So many bytes have arrived for good.", int, on=on),
        _answered("Upload-Expires", "When it is given up if nothing more comes.", on=on),
        _answered("Video-Location", "The video that a whole upload became.", on=on),
    ]


OPTIONS = extend_schema(
    operation_id="describe_uploads",
    summary="Ask what resumable uploads can do",
    auth=[],
    request=None,
    responses={204: None},
    parameters=[
        _answered("Tus-Version", "Versions of the protocol.", on=[204]),
        _answered("Tus-Extension", "What is spoken of it.", on=[204]),
        _answered("Tus-Max-Size", "The largest upload, in bytes.", int, on=[204]),
        _answered("Tus-Checksum-Algorithm", "For `Upload-Checksum`.", on=[204]),
    ],
)

CREATE = extend_schema(
    operation_id="create_upload",
    summary="Begin a resumable upload",
    request=_BODY,
    responses={201: None} | problems(408, 412, 423, 429, 460, 503, 507),
    parameters=[
        _VERSION,
        _header("Upload-Length", "The size of the file, in bytes.", int),
        _header("Upload-Defer-Length", "In place of the length: it comes later.", enum=["1"]),
        _METADATA,
        _CHECKSUM,
        _answered("Location", "The upload's address.", on=[201]),
        *_state(201),
    ],
)

LOOK = extend_schema(
    operation_id="get_upload",
    summary="Ask where a resumable upload stands",
    request=None,
    responses={200: None} | problems(400, 410, 412),
    parameters=[
        _VERSION,
        *_state(200),
        _answered("Upload-Length", "The size of the file, in bytes.", int, on=[200]),
        _answered("Upload-Defer-Length", "1: the length is not known yet.", on=[200]),
        _answered("Upload-Metadata", "As it was sent.", on=[200]),
        _answered("Cache-Control", "`no-store`", on=[200]),
    ],
)

CONTINUE = extend_schema(
    operation_id="continue_upload",
    summary="Continue a resumable upload",
    request=_BODY,
    responses={204: None} | problems(408, 409, 410, 412, 423, 429, 460, 503, 507),
    parameters=[
        _VERSION,
        _header("Upload-Offset", "The byte at which the body begins.", int, required=True),
        _header("Upload-Length", "The size of the file, where it was deferred.", int),
        _CHECKSUM,
        *_state(204),
    ],
)

TERMINATE = extend_schema(
    operation_id="terminate_upload",
    summary="End a resumable upload",
    request=None,
    responses={204: None} | problems(412, 423),
    parameters=[_VERSION, _answered("Tus-Resumable", "The version of the protocol.", on=[204])],
)
