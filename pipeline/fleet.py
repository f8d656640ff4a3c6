"""Starts the server's processes, keeps them running, and stops them so that nothing stays behind."""

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

from django.conf import settings

from pipeline.processes import describe_exit, die_with_parent

logger = logging.getLogger(__name__)

_MANAGE = Path(__file__).resolve().parents[1] / "manage.py"
_GRACE_S = 20.0
_RESTART_PAUSE_S = 1.0
# A process that ends this soon after its start, this often in a row, will not start at all.
_SOON_S = 20.0
_MOST_FALSE_STARTS = 5
# How a process ends that somebody killed, or that ended because one of its own was.
_KILLED = (-signal.SIGKILL, os.EX_TEMPFAIL)


def crew(
    queues: Collection[str] | None = None, *, sweep_every_s: float = 10
) -> dict[str, Sequence[str]]:
    """Return the commands that carry out stages: a cluster for each queue, and a sweeper.

    Of the server's queues only those of `queues`, where they are given.
    """
    chosen = [q for q in settings.PIPELINE_QUEUES if queues is None or q in queues]
    clusters = {f"{q} workers": ["work", "--queue", q] for q in chosen}
    return {**clusters, "sweeper": ["sweep", "--every", str(sweep_every_s)]}


class FleetError(Exception):
    """A process does not start; the message says which."""


class Fleet:
    """Some `manage.py` commands run as processes: `with Fleet({"web": ["web"], …}) as fleet`."""

    def __init__(self, commands: Mapping[str, Sequence[str]], *, quiet: bool = False) -> None:
        self._commands = commands
        self._output = subprocess.DEVNULL if quiet else None
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._started_at: dict[str, float] = {}
        self._false_starts = dict.fromkeys(commands, 0)
        self._proven: set[str] = set()

    def __enter__(self) -> Self:
        for name in self._commands:
            self._start(name)
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def tend(self) -> None:
        """Start again what has ended. Call it every second or so.

        Raises `FleetError` for a process that ends again and again as soon as it is started.
        """
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                self._count_false_start(name)
                logger.error("%s %s; starting it again", name, describe_exit(process.returncode))
                _kill_group(process)
                time.sleep(_RESTART_PAUSE_S)
                self._start(name)

    def stop(self) -> None:
        """End all of them: politely, then by force, with everything that they started."""
        for process in self._processes.values():
            # To the process alone: it ends its own in order.
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        patience_ends = time.monotonic() + _GRACE_S
        for name, process in self._processes.items():
            try:
                process.wait(timeout=max(0.0, patience_ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.error("%s did not stop within %.0f s and is killed", name, _GRACE_S)
            _kill_group(process)
        self._processes.clear()

    def _count_false_start(self, name: str) -> None:
        if self._processes[name].returncode in _KILLED:
            return
        if time.monotonic() - self._started_at[name] >= _SOON_S:
            self._proven.add(name)
        self._false_starts[name] += 1
        # What has run before will run again: being killed often is no reason to give up.
        if name not in self._proven and self._false_starts[name] >= _MOST_FALSE_STARTS:
            raise FleetError(f"{name} cannot be started: its messages above say why.")

    def _start(self, name: str) -> None:
        self._started_at[name] = time.monotonic()
        self._processes[name] = subprocess.Popen(
            [sys.executable, str(_MANAGE), *self._commands[name]],
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
            preexec_fn=partial(die_with_parent, os.getpid()),  # safe: no other thread runs here
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )


def check_port(host: str, port: int) -> None:
    """See that a server can listen there. Raises `FleetError`.

    Granian shares a port that another server has without a word, and each gets some requests.
    """
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # Connections that have ended block the port for a minute; what listens still does.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise FleetError(
                f"Port {port} of {host} is taken: stop what listens there, or set PORT to another."
            ) from None
        raise FleetError(f"Nobody can listen at {host}, port {port}: {error}.") from None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
