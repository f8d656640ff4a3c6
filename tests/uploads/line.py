"""A line between a client and a server that breaks after a chosen number of bytes."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self


class Line:
    """Passes on what comes to `port`, in both directions, until it is cut."""

    def __init__(self, server_port: int) -> None:
        self._server = ("127.0.0.1", server_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._left: int | None = None
        self._on_cut: Callable[[], None] = lambda: None
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut_after(self, size_bytes: int, on_cut: Callable[[], None]) -> None:
        """Pass on so many bytes to the server; then call `on_cut` and drop the connection."""
        with self._lock:
            self._left, self._on_cut = size_bytes, on_cut

    def hold(self) -> None:
        """Cut no more."""
        with self._lock:
            self._left = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for a connection
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # until the listener is shut down
            while True:
                near, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._connect, args=[near]))
                self._threads[-1].start()

    def _connect(self, near: socket.socket) -> None:
        with near, suppress(ConnectionError), socket.create_connection(self._server) as far:
            back = threading.Thread(target=_pass_on, args=[far, near, bytes])
            back.start()
            _pass_on(near, far, self._allow)
            back.join()

    def _allow(self, data: bytes) -> bytes:
        """Return what of `data` may pass; shorter: the line is cut here."""
        with self._lock:
            if self._left is None:
                return data
            allowed = data[: self._left]
            self._left -= len(allowed)
            if len(allowed) < len(data):
                self._left = None
                self._on_cut()
            return allowed


def _pass_on(source: socket.socket, target: socket.socket, allow: Callable[[bytes], bytes]) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            allowed = allow(data)
            target.sendall(allowed)
            if len(allowed) < len(data):
                break
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
