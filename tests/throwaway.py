"""A server of its own for a chaos night or a benchmark: data in a new folder, gone afterwards."""

import os
import socket
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
_GRACE_S = 30


def environment(folder: str, *, settings: str) -> dict[str, str]:
    """Return the environment of a server that keeps everything under `folder`."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | {
        "DJANGO_SETTINGS_MODULE": settings,
        "VAR_DIR": f"{folder}/var",
        "MEDIA_ROOT": f"{folder}/var/media",
        "LOG_LEVEL": "CRITICAL",
    }


def free_port() -> int:
    """Return a port on loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def left(folder: str) -> list[psutil.Process]:
    """Return the processes of this server that a while after its end are still there."""
    late_at = time.monotonic() + _GRACE_S
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
