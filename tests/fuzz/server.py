"""A whole server of its own, as `make run` starts it, and a client for it."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psutil

from tests import throwaway
from tests.patience import PATIENCE_S


class Refused(Exception):
    """The server answered a request with a failure."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body[:500]!r}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Server:
    """A running server, whose files all lie under `folder`."""

    folder: Path
    url: str
    process: psutil.Process

    @property
    def token(self) -> str:
        return (self.folder / "var/api_token").read_text().strip()

    @property
    def log(self) -> str:
        """What the server has written, problems only."""
        return (self.folder / "log").read_text(errors="replace")

    def bugs(self) -> list[str]:
        """Return what the server logged as errors; that it is not ready yet is none."""
        lines = re.findall(r"^.* ERROR .*$", self.log, flags=re.MULTILINE)
        return [line for line in lines if "/readyz" not in line]

    def get(self, address: str) -> bytes:
        """Return the answer's body; `address` may be whole or relative to the API. Raises `Refused`."""
        return self._ask(urllib.request.Request(self._absolute(address)))

    def upload(self, name: bytes, content: bytes, **fields: str) -> dict[str, Any]:
        """Upload a file under any name whatever, and return the video. Raises `Refused`."""
        boundary = uuid4().hex.encode()
        quoted = name.replace(b"\\", b"\\\\").replace(b'"', b"%22")
        parts = [
            b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (key.encode(), value.encode())
            for key, value in fields.items()
        ]
        head = b'Content-Disposition: form-data; name="file"; filename="%s"' % quoted
        parts.append(head + b"\r\nContent-Type: video/mp4\r\n\r\n" + content)
        body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
        request = urllib.request.Request(
            self._absolute("videos"), body + b"--%s--\r\n" % boundary, method="POST"
        )
        request.add_header("Content-Type", f"multipart/form-data; boundary={boundary.decode()}")
        answer: dict[str, Any] = json.loads(self._ask(request))
        return answer

    def post(self, address: str, body: Any) -> dict[str, Any]:
        """Send JSON and return the answer's. Raises `Refused`."""
        request = urllib.request.Request(
            self._absolute(address), json.dumps(body).encode(), method="POST"
        )
        request.add_header("Content-Type", "application/json")
        answer: dict[str, Any] = json.loads(self._ask(request))
        return answer

    def begin_upload(self, *, length: int) -> str:
        """Begin an upload by tus, and return its id."""
        request = urllib.request.Request(self._absolute("uploads"), b"", method="POST")
        request.add_header("Tus-Resumable", "1.0.0")
        request.add_header("Upload-Length", str(length))
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=60) as response:
            return str(response.headers["Location"]).rstrip("/").rpartition("/")[2]

    def processes(self) -> list[psutil.Process]:
        """Return the server's processes as they are now."""
        try:
            return [self.process, *self.process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _absolute(self, address: str) -> str:
        return address if address.startswith("http") else f"{self.url}/api/v1/{address}"

    def _ask(self, request: urllib.request.Request) -> bytes:
        request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                content: bytes = response.read()
                return content
        except urllib.error.HTTPError as refusal:
            raise Refused(refusal.code, refusal.read()) from None


@contextmanager
def running(**environment: str) -> Iterator[Server]:
    """Run a server, and see that it leaves no process behind. Raises `RuntimeError` if it does."""
    with TemporaryDirectory(prefix="videointel-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # started by root, the embedded database is another user's
        port = str(throwaway.free_port())
        prepared = throwaway.environment(folder, settings="videointel.settings")
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=throwaway.ROOT,
                env=prepared | {"PORT": port, "LOG_LEVEL": "ERROR", **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            server = Server(Path(folder), f"http://127.0.0.1:{port}", psutil.Process(process.pid))
            _await(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
            left = throwaway.left(folder)
            for survivor in left:
                survivor.kill()
        if left:
            raise RuntimeError(f"the server left processes behind: {left}")


def _await(server: Server, process: subprocess.Popen[bytes]) -> None:
    late_at = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < late_at:
        try:
            urllib.request.urlopen(f"{server.url}/readyz", timeout=5).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise RuntimeError(f"the server does not start: {server.log}")
