"""The child process as its worker sees it: two pipes and a process group that can be killed."""

import os
import re
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from pipeline.child import Reply, Request
from pipeline.processes import describe_exit

_ROOT = Path(__file__).resolve().parents[1]
_BLOCK = 65536
_SECRET = re.compile(r"SECRET|PASSWORD|TOKEN|KEY|URL|CREDENTIAL", re.IGNORECASE)
# A fresh process now and then bounds whatever native code leaks.
_STAGES_A_CHILD = 50


class ChildDied(Exception):
    """The child ended without an answer; the text says how: "was killed by SIGSEGV"."""


class Child:
    """A running `pipeline.child`, in a session of its own so that all it starts dies with it."""

    def __init__(self, *, memory_mb: int) -> None:
        listen, self._requests = os.pipe()
        self._replies, tell = os.pipe()
        self._unread = b""
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.child", str(listen), str(tell), str(memory_mb)],
                cwd=_ROOT,
                env=_environment(),
                pass_fds=(listen, tell),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
            )
        except OSError:
            self._close()
            raise
        finally:
            os.close(listen)
            os.close(tell)

    def alive(self) -> bool:
        """Tell whether the process still runs."""
        return self._process.poll() is None

    def send(self, request: Request) -> None:
        """Give it a stage to run.

        Raises `ChildDied` if it cannot hear any more.
        """
        line = memoryview(msgspec.json.encode(request) + b"\n")
        try:
            while line:
                line = line[os.write(self._requests, line) :]
        except BrokenPipeError:
            raise self._died() from None

    def replies(self, *, timeout_s: float) -> list[Reply]:
        """Return what it said within `timeout_s`, often nothing.

        Raises `ChildDied` once it has ended.
        """
        readable, _, _ = select.select([self._replies], [], [], timeout_s)
        if not readable:
            return []
        block = os.read(self._replies, _BLOCK)
        if not block:
            raise self._died()
        *lines, self._unread = (self._unread + block).split(b"\n")
        return [msgspec.json.decode(line, type=Reply) for line in lines]

    def kill(self) -> None:
        """End it and everything it started, at once."""
        with suppress(ProcessLookupError):  # it had ended, and so had all it started
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._close()

    def _close(self) -> None:
        os.close(self._requests)
        os.close(self._replies)

    def _died(self) -> ChildDied:
        return ChildDied(describe_exit(self._process.wait()))


def _environment() -> dict[str, str]:
    """Return ours without its secrets: the child decodes hostile files and needs none of them."""
    return {name: value for name, value in os.environ.items() if not _SECRET.search(name)}


class WarmChild:
    """One child kept from stage to stage, so that models are loaded once."""

    def __init__(self, *, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._child: Child | None = None
        self._stages = 0

    def get(self) -> Child:
        """Return a child that can be sent a stage, started where none is left."""
        if self._child and (self._stages >= _STAGES_A_CHILD or not self._child.alive()):
            self.discard()
        if self._child is None:
            self._child = Child(memory_mb=self._memory_mb)
            self._stages = 0
        self._stages += 1
        return self._child

    def discard(self) -> None:
        """Kill the child, if there is one."""
        if self._child:
            self._child.kill()
            self._child = None
