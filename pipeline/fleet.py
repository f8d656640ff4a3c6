"""Starts the server's processes, keeps them running, and stops them so that nothing stays behind."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from pipeline.processes import describe_exit, die_with_parent

logger = logging.getLogger(__name__)

_MANAGE = Path(__file__).resolve().parents[1] / "manage.py"
_GRACE_S = 20.0
_RESTART_PAUSE_S = 1.0


class Fleet:
    """Some `manage.py` commands run as processes: `with Fleet({"web": ["web"], …}) as fleet`."""

    def __init__(self, commands: Mapping[str, Sequence[str]], *, quiet: bool = False) -> None:
        self._commands = commands
        self._output = subprocess.DEVNULL if quiet else None
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        for name in self._commands:
            self._start(name)
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def tend(self) -> None:
        """Start again what has ended. Call it every second or so."""
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                logger.error("%s %s; starting it again", name, describe_exit(process.returncode))
                _kill_group(process)
                time.sleep(_RESTART_PAUSE_S)
                self._start(name)

    def stop(self) -> None:
        """End all of them: politely, then by force, with everything that they started."""
        for process in self._processes.values():
            # To the process alone: django-q2's cluster hangs if its group gets the signal.
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

    def _start(self, name: str) -> None:
        self._processes[name] = subprocess.Popen(
            [sys.executable, str(_MANAGE), *self._commands[name]],
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
            preexec_fn=die_with_parent,  # safe: no other thread runs here
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
