"""A stage that tries what no stage may, and tells what it could do."""

import ctypes
import errno
import fcntl
import os
import resource
import signal
import socket
import subprocess
import tempfile
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue

_BLOCK = b"x" * (1 << 20)
_SAID = {
    "usurp": b'{"type":"ended","outcome":"succeeded","of":"another"}\n',
    "babble": b"x" * 500_000,
    "rave": b"not a reply\n",
}
"""What a decoder may say to the worker, once a file has taken it over."""


@dataclass(frozen=True)
class Tried:
    done: tuple[str, ...]
    """What the kernel did not refuse."""
    pid: int
    variables: tuple[str, ...] = ()
    """Of the environment."""


@dataclass(frozen=True)
class Try(Stage):
    """Goes through all attempts; `act` is one that is not to be survived."""

    name: ClassVar[str] = "try"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Tried

    others: str = ""
    """A file that is none of this stage's."""
    act: str = ""

    def run(self, ctx: Context) -> Tried:
        if self.act == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.act == "fill":
            with (ctx.workdir / "large").open("wb") as file:
                for _ in range(10):
                    file.write(_BLOCK)
        for number in range(3, 256) if self.act in _SAID else ():
            with suppress(OSError):
                os.write(number, _SAID[self.act])
        attempts = self._attempts(ctx)
        return Tried(
            tuple(n for n, do in attempts.items() if _can(do)), os.getpid(), (*os.environ,)
        )

    def _attempts(self, ctx: Context) -> dict[str, Callable[[], object]]:
        others = Path(self.others)
        return {
            "read the source": ctx.video.source.read_bytes,
            "write": lambda: (ctx.workdir / "kept").write_bytes(b"x"),
            "replace": lambda: (ctx.workdir / "kept").replace(ctx.workdir / "moved"),
            "use a temporary file": lambda: tempfile.TemporaryFile().close(),
            "write beside the source": lambda: ctx.video.source.with_name("new").write_bytes(b"x"),
            "change the source": lambda: ctx.video.source.open("ab"),
            "read another's": others.read_bytes,
            "link another's": lambda: (ctx.workdir / "hard").hardlink_to(others),
            "point at another's": lambda: (ctx.workdir / "soft").symlink_to(others),
            "open another's to all": lambda: others.chmod(0o777),
            "remove another's": others.unlink,
            "list the media root": lambda: list(ctx.video.source.parent.parent.iterdir()),
            "read the worker's secrets": Path(f"/proc/{os.getppid()}/environ").read_bytes,
            "open a socket": lambda: socket.socket().close(),
            "open a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
            "run a program": lambda: subprocess.run(["true"], check=True),  # noqa: S607  wherever it lies
            "fork": _fork,
            "leave its group": os.setsid,
            "signal its parent": lambda: os.kill(os.getppid(), 0),
            "have a pipe signal its parent": _signal_by_pipe,
            "limit its parent": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE),
            "slow its parent down": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
            "choose its parent's processors": lambda: os.sched_setaffinity(os.getppid(), {0}),
            "keep memory outside its limits": lambda: os.close(os.memfd_create("kept")),
            "leave memory behind": _leave_memory,
            "open the source to all": lambda: _change_mode(ctx.video.source),
            "open Python to all": lambda: _change_mode(Path(os.__file__)),
            "touch another's": lambda: os.utime(others),
            "open a thousand files": lambda: _open(1000),
        }


@dataclass(frozen=True)
class TryWithModels(Try):
    @property
    def models(self) -> tuple[str, ...]:
        return ("silero-vad-v6",)


@dataclass(frozen=True)
class TryGpu(TryWithModels):
    """Does what CUDA is known to do as it starts, on a device that is no GPU."""

    device: str = ""

    def _attempts(self, ctx: Context) -> dict[str, Callable[[], object]]:
        return {
            **super()._attempts(ctx),
            "open the device": lambda: os.close(os.open(self.device, os.O_RDWR)),
            "control the device": lambda: _control(self.device),
            "name a thread": _name_a_thread,
            "name its parent": lambda: Path(f"/proc/{os.getppid()}/comm").write_text("x"),
            "look for devices": Path("/proc/devices").read_text,
            "listen for others of its kind": lambda: _listen().close(),
            "answer them": lambda: _listen().accept(),
            "reach them": lambda: _connect(socket.SOCK_SEQPACKET),
            "reach others": lambda: _connect(socket.SOCK_STREAM),
            "reserve addresses": lambda: _reserve(1 << 40),
        }


@dataclass(frozen=True)
class TryGpuOnUpload(TryGpu):
    forked: ClassVar[bool] = True


@dataclass(frozen=True)
class TakeMemory(TryWithModels):
    size: int = 0

    def run(self, ctx: Context) -> Tried:
        return Tried((str(len(bytearray(self.size))),), os.getpid())


@dataclass(frozen=True)
class UseOwnModel(Try):
    """Has a model that the operator's own file lists."""

    @property
    def models(self) -> tuple[str, ...]:
        return ("mine",)

    def run(self, ctx: Context) -> Tried:
        folder = catalogue.locate("mine", ctx.models_dir)
        return Tried(tuple(path.name for path in folder.iterdir()), os.getpid())


@dataclass(frozen=True)
class TryWithNetwork(Try):
    network: ClassVar[bool] = True


def _can(do: Callable[[], object]) -> bool:
    with suppress(OSError):
        do()
        return True
    return False


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _signal_by_pipe() -> None:
    readable, writable = os.pipe()
    try:
        fcntl.fcntl(readable, fcntl.F_SETOWN, os.getppid())
    finally:
        os.close(readable)
        os.close(writable)


def _leave_memory() -> None:
    libc, forget = ctypes.CDLL(None, use_errno=True), 0
    segment = libc.shmget(0, 4096, 0o600)
    if segment < 0:
        raise OSError(ctypes.get_errno(), "shmget")
    libc.shmctl(segment, forget, None)


def _control(device: str) -> None:
    number = os.open(device, os.O_RDWR)
    try:
        fcntl.ioctl(number, termios.TCGETS)
    except OSError as error:
        if error.errno != errno.ENOTTY:  # it was asked, and is no terminal
            raise
    finally:
        os.close(number)


def _name_a_thread() -> None:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        Path(f"/proc/self/task/{thread.native_id}/comm").write_text("cuda")
    finally:
        ended.set()
        thread.join()


def _listen() -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.setblocking(False)
    listening.bind(f"\0cuda-uvmfd-test-{os.getpid()}")
    listening.listen()
    return listening


def _connect(kind: int) -> None:
    """Connect to one that listens in this process, so that only the kernel can refuse."""
    with _listen() as listening, socket.socket(socket.AF_UNIX, kind) as reaching:
        reaching.connect(listening.getsockname())


def _reserve(size: int) -> None:
    """Reserve addresses that nothing lies at, as CUDA does for all memory of the GPUs."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    anonymous_private, none = 0x22, 0
    found = libc.mmap(None, ctypes.c_size_t(size), none, anonymous_private, -1, ctypes.c_long(0))
    if found == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    libc.munmap(ctypes.c_void_p(found), ctypes.c_size_t(size))


def _change_mode(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fchmod(number, path.stat().st_mode)
    finally:
        os.close(number)


def _open(count: int) -> None:
    opened: list[int] = []
    try:
        for _ in range(count):
            opened.append(os.open("/dev/null", os.O_RDONLY))
    finally:
        for number in opened:
            os.close(number)
