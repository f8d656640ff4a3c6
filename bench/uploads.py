"""A large upload at a real web server: its time against hashing and writing, and its memory."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from itertools import chain
from tempfile import NamedTemporaryFile
from uuid import uuid4

import psutil
from django.conf import settings

from bench.figures import Figure
from pipeline.fleet import Fleet
from videos.services.accounts import owner_ensure

_BLOCK = os.urandom(1_000_000)
_BLOCKS = 1000
_MOST_GROWTH_MIB = 64
_PATIENCE_S = 120


def large() -> list[Figure]:
    """Send 1 GB as a form and by tus in one request, after smaller ones that warm the server up."""
    token = owner_ensure().token
    ways = {"as a form": _send_form, "by tus in one request": _send}
    figures = []
    with Fleet({"web": ["web"]}, quiet=True):
        _await_web()
        for send in ways.values():
            send(token, 100)
        for way, send in ways.items():
            with _PeakMemory() as memory:
                took_s = send(token, _BLOCKS)
            bare_s = _hash_and_write()
            figures += [
                Figure(
                    f"{_BLOCKS / 1000:.1f} GB {way}",
                    f"{took_s:.1f} s",
                    f"hash and write {bare_s:.1f} s",
                    took_s / bare_s,
                    "≤ 1.5",
                ),
                Figure(
                    "memory of the web server meanwhile",
                    f"+{memory.growth_mib:.0f} MiB",
                    f"limit {_MOST_GROWTH_MIB} MiB",
                    memory.growth_mib / _MOST_GROWTH_MIB,
                    "≤ 1",
                ),
            ]
    return figures


class _PeakMemory:
    """How far this process's children grow while it is open, looked at twenty times a second."""

    def __init__(self) -> None:
        self.growth_mib = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "_PeakMemory":
        self._began = self._resident_mib()
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self.growth_mib = max(self.growth_mib, self._resident_mib() - self._began)

    def _resident_mib(self) -> float:
        children = psutil.Process().children(recursive=True)
        web = [child for child in children if "granian" in " ".join(child.cmdline())]
        return sum(child.memory_info().rss for child in web) / 2**20


def _send(token: str, blocks: int) -> float:
    """Upload so many megabytes and delete the video; return the seconds the bytes took."""
    size = {"Upload-Length": str(blocks * len(_BLOCK))}
    address = _request(token, "POST", "/api/v1/uploads", size).headers["Location"]
    told = {
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(blocks * len(_BLOCK)),
    }
    began = time.perf_counter()
    response = _request(token, "PATCH", address, told, _blocks(blocks))
    took_s = time.perf_counter() - began
    _request(token, "DELETE", response.headers["Video-Location"], {})
    return took_s


def _send_form(token: str, blocks: int) -> float:
    """Do as `_send` does with a form."""
    boundary = uuid4().hex
    named = 'Content-Disposition: form-data; name="file"; filename="a.mp4"'
    head = f"--{boundary}\r\n{named}\r\n\r\n".encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    told = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(head) + blocks * len(_BLOCK) + len(tail)),
    }
    began = time.perf_counter()
    response = _request(
        token, "POST", "/api/v1/videos", told, chain([head], _blocks(blocks), [tail])
    )
    took_s = time.perf_counter() - began
    _request(token, "DELETE", response.headers["Location"], {})
    return took_s


def _request(
    token: str, method: str, path: str, headers: dict[str, str], body: Iterator[bytes] | None = None
) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", settings.PORT, timeout=_PATIENCE_S)
    told = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"} | headers
    connection.request(method, path, body, told)
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status >= 300:
        raise RuntimeError(f"{method} {path} was answered with {response.status}")
    return response


def _await_web() -> None:
    late_at = time.monotonic() + _PATIENCE_S
    while True:
        try:
            HTTPConnection("127.0.0.1", settings.PORT).connect()
        except OSError:
            if time.monotonic() > late_at:
                raise
            time.sleep(0.2)
        else:
            return


def _hash_and_write() -> float:
    """Do what cannot be left out, one after the other, in the same folder."""
    sha256 = hashlib.sha256()
    began = time.perf_counter()
    with NamedTemporaryFile(dir=settings.MEDIA_ROOT, buffering=0) as file:
        for block in _blocks(_BLOCKS):
            sha256.update(block)
            file.write(block)
        os.fsync(file.fileno())
    return time.perf_counter() - began


def _blocks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield _BLOCK
