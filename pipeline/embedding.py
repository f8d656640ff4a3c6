"""What people search for as vectors, by a process that each web server keeps while it is asked.

The web server loads no model: 200 MB that most of its processes would never use, and native code
that reads what anybody types, beside the database's password.
"""

import os
import select
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path
from threading import Lock

import msgspec

from pipeline.messages import Asked, Embedded
from pipeline.supervisor import environment_without_secrets

_ROOT = Path(__file__).resolve().parents[1]
_BLOCK = 65536
_PATIENCE_S = 5.0
"""It takes a second to start, then 10 ms a text; a search waits no longer than this."""
_LOST_S = 60.0
"""One that has not answered for so long never will."""


class NoVector(Exception):
    """A text cannot be embedded now. `code` is stable, the message one sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@lru_cache(maxsize=1024)
def embed(text: str, models_dir: Path) -> Embedded:
    """Return the text's vector, made as the passages' were. Raises `NoVector`."""
    return _embedder.ask(text, models_dir)


def end() -> None:
    """End the process, if there is one; the next text starts another."""
    _embedder.end()


class _Embedder:
    """The process and the pipes to it; one text at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._number = 0
        self._unread = b""
        self._late_since = 0.0

    def ask(self, text: str, models_dir: Path) -> Embedded:
        """Return the text's vector. Raises `NoVector`."""
        until = time.monotonic() + _PATIENCE_S
        if not self._lock.acquire(timeout=_PATIENCE_S):
            raise _busy()
        try:
            answer = self._answer(text, models_dir, until)
        finally:
            self._lock.release()
        if answer.code:
            raise NoVector(answer.code, answer.message)
        return answer

    def _answer(self, text: str, models_dir: Path, until: float) -> Embedded:
        self._number += 1
        line = msgspec.json.encode(Asked(self._number, text)) + b"\n"
        # One that nobody has asked for a while ends by itself, perhaps just now.
        for _ in range(2):
            try:
                process = self._running(models_dir)
                process.stdin.write(line)  # type: ignore[union-attr]  # it was started with pipes
                while (answer := self._next(process, until)).number != self._number:
                    pass  # nobody waits for that one any more
            except (BrokenPipeError, EOFError):
                self.end()
            else:
                return answer
        raise NoVector("internal_error", "What embeds searches ends at once: see the log.")

    def _running(self, models_dir: Path) -> "subprocess.Popen[bytes]":
        if self._late_since and time.monotonic() - self._late_since > _LOST_S:
            self.end()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.embedder", str(models_dir)],
                cwd=_ROOT,
                env=environment_without_secrets(),
                bufsize=0,
                start_new_session=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process

    def _next(self, process: "subprocess.Popen[bytes]", until: float) -> Embedded:
        """Return its next answer. Raises `EOFError` where it ended, `NoVector` where it is late."""
        out = process.stdout.fileno()  # type: ignore[union-attr]  # it was started with pipes
        while b"\n" not in self._unread:
            if not select.select([out], [], [], max(0.0, until - time.monotonic()))[0]:
                self._late_since = self._late_since or time.monotonic()
                raise _busy()
            block = os.read(out, _BLOCK)
            if not block:
                raise EOFError
            self._unread += block
        self._late_since = 0.0
        line, self._unread = self._unread.split(b"\n", 1)
        return msgspec.json.decode(line, type=Embedded)

    def end(self) -> None:
        """Kill the process, if there is one."""
        if process := self._process:
            process.kill()
            process.communicate()
        self._process, self._unread, self._late_since = None, b"", 0.0


def _busy() -> NoVector:
    return NoVector("search_busy", "Searching by meaning takes too long just now.")


_embedder = _Embedder()
