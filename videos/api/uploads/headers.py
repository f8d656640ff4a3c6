"""What the headers of tus say, read strictly; what is wrong is told by the header's name."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from videos.api.uploads.serializers import UploadMetadata
from videos.services import Checksum

CHECKSUM_ALGORITHMS = ("sha1", "sha256")
# What clients add of their own accord: of no use to us.
_IGNORED = {"name", "type", "filetype", "relativePath"}
_KEY = re.compile(r"[!-+\--~]+")  # printable ASCII but space and comma
_NUMBER = re.compile(r"[0-9]{1,18}")


def offset(request: Request) -> int:
    """Return `Upload-Offset`. Raises `ValidationError`."""
    value = _number(request, "Upload-Offset")
    if value is None:
        raise ValidationError({"Upload-Offset": ["Say at which byte the body begins."]})
    return value


def length(request: Request) -> int | None:
    """Return `Upload-Length`. Raises `ValidationError`."""
    return _number(request, "Upload-Length")


def length_or_deferred(request: Request) -> int | None:
    """Return `Upload-Length`, or None for `Upload-Defer-Length: 1`. Raises `ValidationError`."""
    size_bytes, deferred = length(request), request.headers.get("Upload-Defer-Length")
    if deferred not in (None, "1"):
        raise ValidationError({"Upload-Defer-Length": ["It is 1, or left out."]})
    if (size_bytes is None) == (deferred is None):
        raise ValidationError(
            {"Upload-Length": ["Send it, or Upload-Defer-Length: 1 in its place."]}
        )
    return size_bytes


def checksum(request: Request) -> Checksum | None:
    """Return `Upload-Checksum`. Raises `ValidationError`."""
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, encoded = header.partition(" ")
    if algorithm not in CHECKSUM_ALGORITHMS:
        known = ", ".join(CHECKSUM_ALGORITHMS)
        raise ValidationError({"Upload-Checksum": [f"Its algorithm is one of {known}."]})
    digest = _decoded(encoded)
    if digest is None or len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise ValidationError({"Upload-Checksum": [f"It is no {algorithm} in Base64."]})
    return Checksum(algorithm, digest)


def metadata(request: Request) -> dict[str, Any]:
    """Return what `Upload-Metadata` says of the video, `filename` among it.

    Raises `ValidationError` by key.
    """
    given = _pairs(request.headers.get("Upload-Metadata", ""))
    known = QueryDict(mutable=True)  # texts, as a form brings them
    known["filename"] = given.get("name", "")
    for key in given.keys() - _IGNORED:
        known[key] = given[key]
    serializer = UploadMetadata(data=known)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def _pairs(header: str) -> Mapping[str, str]:
    pairs: dict[str, str] = {}
    for pair in header.split(",") if header else []:
        key, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key):
            raise ValidationError(
                {
                    "Upload-Metadata": [
                        "It is key and value in Base64, a space between, then a comma."
                    ]
                }
            )
        if key in pairs:
            raise ValidationError({key: ["It is there twice."]})
        value = _decoded(encoded)
        try:
            pairs[key] = (value or b"").decode()
        except UnicodeDecodeError:
            value = None
        if value is None:
            raise ValidationError({key: ["Its value is no UTF-8 in Base64."]})
    return pairs


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None


def _number(request: Request, header: str) -> int | None:
    value = request.headers.get(header)
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        raise ValidationError({header: ["It is a whole number of bytes, not negative."]})
    return int(value)
