"""A request's body that can be waited for with patience that ends."""

import queue
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Self

from django.db import connections

from videos.api.uploads.connections import notice_dead_clients

_SILENCE_S = 0.5
# A read comes back when it is full, so it is no larger than what comes in a moment.
_SMALLEST_READ = 4 * 1024
_LARGEST_READ = 256 * 1024
_QUICK_S, _SLOW_S = 0.05, 0.25
_READS_AHEAD = 8


class RequestBody:
    """The bytes of a request as they come, and None for every half second without any.

    A thread of its own reads them: a read cannot be called off, and whoever waits for a client
    that vanished without a word must be free to do something else. Servers may end a body that
    was cut short as if it were whole: count.

    Leaving its `with` block waits until nobody reads any more: granian stalls as a whole where a
    request ends before that.
    """

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self.size_bytes = _announced(environ)
        self._stream = environ["wsgi.input"]
        self._chunks: queue.Queue[bytes | Exception] = queue.Queue(_READS_AHEAD)
        self._left = Event()
        self._reader = Thread(target=self._read, name="upload body", daemon=True)

    def __iter__(self) -> Iterator[bytes | None]:
        self._reader.start()
        while True:
            try:
                chunk = self._chunks.get(timeout=_SILENCE_S)
            except queue.Empty:
                yield None
                continue
            if isinstance(chunk, Exception):
                raise chunk
            if not chunk:
                return
            yield chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._reader.ident is None:  # nobody asked for the body
            return
        self._left.set()
        with suppress(queue.Empty):
            while True:  # room for what the thread is about to hand over
                self._chunks.get_nowait()
        self._reader.join(_SILENCE_S)
        if self._reader.is_alive():
            connections.close_all()  # of the database: the wait may take a minute
            notice_dead_clients()
            self._reader.join()

    def _read(self) -> None:
        size, rest = _SMALLEST_READ, self.size_bytes
        try:
            while not self._left.is_set():
                began = time.monotonic()
                chunk = self._stream.read(size if rest is None else min(size, rest))
                took_s = time.monotonic() - began
                self._chunks.put(chunk)
                if not chunk:
                    return
                if rest is not None:
                    rest -= len(chunk)
                if took_s < _QUICK_S:
                    size = min(size * 2, _LARGEST_READ)
                elif took_s > _SLOW_S:
                    size = max(size // 4, _SMALLEST_READ)
        except Exception as error:  # noqa: BLE001  raised where the chunks are taken
            self._chunks.put(error)


def _announced(environ: Mapping[str, Any]) -> int | None:
    """Return the body's length; None where it is sent in chunks and ends when it ends."""
    if length := environ.get("CONTENT_LENGTH"):
        return int(length)
    return None if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower() else 0
