"""The child process as its worker sees it: two pipes and a process group that can be killed."""

import os
import re
import select
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pipeline.messages import Ended, Kind, Reply, Request
from pipeline.processes import describe_exit

_ROOT = Path(__file__).resolve().parents[1]
_BLOCK = 65536
_SECRET = re.compile(r"SECRET|PASS|TOKEN|KEY|URL|CREDENTIAL|DSN|AUTH|PROXY", re.IGNORECASE)
# A fresh process now and then bounds whatever native code leaks.
_STAGES_A_CHILD = 50


@dataclass(frozen=True)
class Allowance:
    """What every child may use."""

    memory_mb: int
    """Address space, MiB; on a GPU memory of its own that it may write."""
    file_mb: int
    """Size of a file that it writes, MiB."""
    roots: tuple[Path, ...]
    """Where the files of all attempts lie, and the weights."""
    models_file: Path | None = None
    """Lists models beside those of the catalogue."""
    devices: tuple[Path, ...] = ()
    """Files of the GPUs that processes with models may use; empty: they use none."""


class ChildDied(Exception):
    """The child ended without an answer; the text says how: "was killed by SIGSEGV"."""


class Child:
    """A running `pipeline.child`, in a session of its own so that all it starts dies with it."""

    def __init__(self, kind: Kind, allowance: Allowance) -> None:
        listen, self._requests = os.pipe()
        self._replies, tell = os.pipe()
        self._unread = b""
        self._allowance = allowance
        self._stages = 0
        self._asked = ""
        devices = allowance.devices if kind == "models" else ()
        try:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "pipeline.child", kind),
                    *map(str, (os.getpid(), listen, tell)),
                    *map(str, (allowance.memory_mb, allowance.file_mb)),
                    str(allowance.models_file or ""),
                    os.pathsep.join(map(str, devices)),
                    *map(str, allowance.roots),
                ],
                cwd=_ROOT,
                env=environment_without_secrets(),
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

    def is_spent(self, allowance: Allowance) -> bool:
        """Tell whether another should take over: it ended, ran its share, or may use other things."""
        ended = self._process.poll() is not None
        return ended or self._stages >= _STAGES_A_CHILD or self._allowance != allowance

    def send(self, request: Request) -> None:
        """Give it a stage to run.

        Raises `ChildDied` if it cannot hear any more.
        """
        self._stages += 1
        self._asked = request.workdir
        line = memoryview(msgspec.json.encode(request) + b"\n")
        try:
            while line:
                line = line[os.write(self._requests, line) :]
        except BrokenPipeError:
            raise self._died() from None

    def replies(self, *, timeout_s: float) -> list[Reply]:
        """Return what it said within `timeout_s`, often nothing.

        Raises `ChildDied` once it has ended, or where it says what it should not: a decoder that
        a file took over may be speaking.
        """
        readable, _, _ = select.select([self._replies], [], [], timeout_s)
        if not readable:
            return []
        block = os.read(self._replies, _BLOCK)
        if not block:
            raise self._died()
        *lines, self._unread = (self._unread + block).split(b"\n")
        if len(self._unread) > _BLOCK:
            raise ChildDied("talked without end")
        try:
            replies: list[Reply] = [msgspec.json.decode(line, type=Reply) for line in lines]
        except msgspec.DecodeError:
            raise ChildDied("talked nonsense") from None
        if any(isinstance(reply, Ended) and reply.of != self._asked for reply in replies):
            raise ChildDied("answered for another stage")
        return replies

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


def environment_without_secrets() -> dict[str, str]:
    """Return ours without its secrets: the child decodes hostile files and needs none of them."""
    return {name: value for name, value in os.environ.items() if not _SECRET.search(name)}


class Children:
    """One child of each kind, kept from stage to stage."""

    def __init__(self) -> None:
        self._children: dict[Kind, Child] = {}

    def get(self, kind: Kind, allowance: Allowance) -> Child:
        """Return a child that can be sent a stage, started where none is left."""
        child = self._children.get(kind)
        if child is None or child.is_spent(allowance):
            self.discard(kind)
            child = self._children[kind] = Child(kind, allowance)
        return child

    def discard(self, kind: Kind) -> None:
        """Kill the child of this kind, if there is one."""
        if child := self._children.pop(kind, None):
            child.kill()

    def discard_all(self) -> None:
        """Kill every child."""
        for kind in list(self._children):
            self.discard(kind)
