"""A real web server, and requests to it that end as badly as a test wants."""

import hashlib
import socket
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import psutil

from pipeline.fleet import Fleet
from tests.patience import PATIENCE_S, until
from tests.throwaway import command_of
from tests.uploads.tus import TYPE, URL


class Server:
    """Where it is, and how to get in."""

    token = ""

    def __init__(self, port: int, media_root: Path, fleet: Fleet) -> None:
        self.port = port
        self.media_root = media_root
        self._fleet = fleet

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0"}

    def wait_until_up(self) -> None:
        until(self._listens)

    def kill(self) -> None:
        """Kill all its processes at once, and have it started again."""
        children = psutil.Process().children(recursive=True)
        web = [child for child in children if "granian" in " ".join(command_of(child))]
        for process in web:
            with suppress(psutil.NoSuchProcess):  # it went with the one before
                process.kill()
        psutil.wait_procs(web)
        self._fleet.tend()
        self.wait_until_up()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S).close()
        except OSError:
            return False
        return True

    def request(
        self, method: str, path: str = URL, body: bytes = b"", **headers: str
    ) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.connect()
        with suppress(ConnectionError):  # it may answer, and hang up, before it has all
            connection.request(method, path, body, self.headers | told)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response

    def begin(self, size: int) -> str:
        """Create an upload and return its path."""
        response = self.request("POST", Upload_Length=str(size))
        assert response.status == 201
        return str(response.headers["Location"])

    def offset(self, path: str) -> int:
        """Ask for it; whoever else is at the upload gives way in a while."""
        told = until(lambda: self._unless_locked(path))
        return int(told.headers["Upload-Offset"])

    def _unless_locked(self, path: str) -> HTTPResponse | None:
        response = self.request("HEAD", path)
        assert response.status in (200, 423)
        return response if response.status == 200 else None

    def patch(self, path: str, offset: int, body: bytes) -> HTTPResponse:
        return self.request("PATCH", path, body, Upload_Offset=str(offset), Content_Type=TYPE)

    def start_patch(self, path: str, offset: int, size: int) -> socket.socket:
        """Announce a body of `size` bytes; what is sent of it, and when, is the caller's."""
        told = self.headers | {
            "Host": "127.0.0.1",
            "Content-Type": TYPE,
            "Upload-Offset": str(offset),
            "Content-Length": str(size),
        }
        lines = [f"PATCH {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection


def send_in_vain(connection: socket.socket, body: bytes) -> None:
    """Send what is not wanted: the server may answer, and hang up, before it has all.

    Who sends notices that or not: it depends on how much the system has taken by then.
    """
    with suppress(ConnectionError):
        connection.sendall(body)


def content(size: int, seed: str = "") -> bytes:
    """Return bytes that differ everywhere."""
    return hashlib.shake_128(seed.encode()).digest(size)
