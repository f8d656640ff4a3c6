"""An HTTP server on loopback that serves one file as badly as a test wants, and remembers who asked."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

Respond = Callable[["Handler"], None]


@dataclass
class Served:
    """What is served, and what was asked for."""

    port: int
    content: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    ranges: bool = True
    break_after: list[int] = field(default_factory=list)
    """How many bytes each answer sends before its connection is reset; past the end: whole."""
    pause_s: float = 0.0
    """Between blocks of 64 KiB."""
    respond: dict[str, Respond] = field(default_factory=dict)
    """By path: what answers instead of the file."""
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/clip.mp4", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


class Handler(BaseHTTPRequestHandler):
    """Answers with the file, by range where asked."""

    protocol_version = "HTTP/1.1"

    @property
    def served(self) -> Served:
        return cast("_Server", self.server).served

    def do_GET(self) -> None:
        self.served.asked.append((self.path, dict(self.headers.items())))
        respond = self.served.respond.get(self.path, Handler.send_file)
        respond(self)

    def do_POST(self) -> None:
        self.served.respond[self.path](self)

    def send_file(self) -> None:
        content, start = self.served.content, self._start()
        if start is None:
            self.send_response(200)
        else:
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        for name, value in self.served.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in self.served.headers:
            self.send_header("Content-Length", str(len(content) - (start or 0)))
        self.end_headers()
        self._send(content[start or 0 :])

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer so, with `Content_Type="…"` and the like as headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _start(self) -> int | None:
        wanted = self.headers.get("Range", "")
        fresh = self.headers.get("If-Range", "") in self.served.headers.values()
        if not (self.served.ranges and wanted and fresh):
            return None
        return int(wanted.removeprefix("bytes=").removesuffix("-"))

    def _send(self, content: bytes) -> None:
        limit = self.served.break_after.pop(0) if self.served.break_after else len(content)
        for at in range(0, min(limit, len(content)), 65536):
            self.wfile.write(content[at : min(at + 65536, limit)])
            time.sleep(self.served.pause_s)
        if limit < len(content):
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    served: Served

    def handle_error(self, *args: Any) -> None:
        """Say nothing: clients go away in the middle, and are meant to."""


@contextmanager
def serving(content: bytes = b"", **how: Any) -> Iterator[Served]:
    """Serve `content` at every path until the block ends."""
    with _Server(("127.0.0.1", 0), Handler) as server:
        server.served = served = Served(server.server_address[1], content, **how)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
