"""A client that says exactly what a test wants it to say."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

if TYPE_CHECKING:  # REST framework's needs settings, and clients of a real server have none
    from rest_framework.test import APIClient

URL = "/api/v1/uploads"
TYPE = "application/offset+octet-stream"
Headers = Mapping[str, str | None]


def encode(value: str | bytes) -> str:
    """Return Base64."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def metadata(**pairs: str) -> dict[str, str]:
    """Return the header that brings these pairs."""
    return {"Upload-Metadata": ",".join(f"{key} {encode(value)}" for key, value in pairs.items())}


def sha1(body: bytes) -> dict[str, str]:
    """Return the header that brings the body's checksum."""
    return {"Upload-Checksum": f"sha1 {encode(hashlib.sha1(body).digest())}"}  # noqa: S324  of tus


def problem(response: HttpResponse) -> dict[str, Any]:
    """Return what a failure tells."""
    assert response["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(response.content)
    return told


class Tus:
    """Requests to the API; a header that is None is left out."""

    def __init__(self, api: "APIClient") -> None:
        self._api = api

    def request(
        self, method: str, url: str = URL, body: bytes = b"", *, headers: Headers | None = None
    ) -> HttpResponse:
        sent = {"Tus-Resumable": "1.0.0", "Content-Type": TYPE if body else "", **(headers or {})}
        kind = sent.pop("Content-Type")
        told = {name: value for name, value in sent.items() if value is not None}
        sent_body: Any = body  # the stubs know of text only
        response: HttpResponse = self._api.generic(method, url, sent_body, kind or "", headers=told)
        return response

    def create(
        self, size: int | None = 5, body: bytes = b"", *, headers: Headers | None = None
    ) -> HttpResponse:
        length = {"Upload-Defer-Length": "1"} if size is None else {"Upload-Length": str(size)}
        return self.request("POST", body=body, headers=length | dict(headers or {}))

    def begin(
        self, size: int | None = 5, body: bytes = b"", *, headers: Headers | None = None
    ) -> str:
        """Create an upload and return its address."""
        response = self.create(size, body, headers=headers)
        assert response.status_code == 201, response.content
        return response["Location"]

    def patch(
        self, url: str, offset: int, body: bytes, *, headers: Headers | None = None
    ) -> HttpResponse:
        told = {"Upload-Offset": str(offset), "Content-Type": TYPE, **(headers or {})}
        return self.request("PATCH", url, body, headers=told)

    def head(self, url: str) -> HttpResponse:
        return self.request("HEAD", url)

    def offset(self, url: str) -> int:
        return int(self.head(url)["Upload-Offset"])

    def delete(self, url: str) -> HttpResponse:
        return self.request("DELETE", url)
