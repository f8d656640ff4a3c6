"""What every process we start has in common."""

import ctypes
import mmap
import os
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PULSE_BYTES = 8
# About a tenth of the share of those that are not nice, where all want the processor.
_NICE = 10
# Who is not root may change a session ten times a second, all of them together.
_TRY_AGAIN_S = 0.1
_MOST_TRIES = 50


class Flag:
    """An event that forks share, without a lock: one killed with it in hand would stop the rest."""

    def __init__(self) -> None:
        self._byte = mmap.mmap(-1, 1)

    def set(self) -> None:
        """Raise it, in every process."""
        self._byte[0] = 1

    def clear(self) -> None:
        """Lower it."""
        self._byte[0] = 0

    def is_set(self) -> bool:
        """Tell whether some process raised it."""
        return self._byte[0] == 1


class Pulse:
    """A sign of life that forks share, without a lock: one gives it, another watches."""

    def __init__(self) -> None:
        self._bytes = mmap.mmap(-1, _PULSE_BYTES)

    def beat(self) -> None:
        """Give the sign."""
        self._bytes[:] = ((self.count + 1) % (1 << 8 * _PULSE_BYTES)).to_bytes(_PULSE_BYTES, "big")

    @property
    def count(self) -> int:
        """How often it was given."""
        return int.from_bytes(self._bytes[:], "big")


class Watchdog:
    """Tells whether a process hangs: `looks` in a row found no new sign of it.

    Looks are counted and not seconds: whoever watches does not look either while the machine
    sleeps or is too busy for both.
    """

    def __init__(self, pulse: Pulse, *, looks: int) -> None:
        self._pulse = pulse
        self._most = looks
        self._looks = 0
        self._seen = pulse.count

    def hangs(self, *, owed: bool = True) -> bool:
        """Look once; while no sign is `owed`, silence means nothing."""
        if self._pulse.count != self._seen or not owed:
            self._looks, self._seen = 0, self._pulse.count
        else:
            self._looks += 1
        return self._looks > self._most


def forks_die_with_parent() -> None:
    """Have everything that is forked from now on end with the process that forked it."""
    parents = []  # the fork's own view: its parent may be gone before it can ask
    os.register_at_fork(
        before=lambda: parents.append(os.getpid()),
        after_in_parent=parents.clear,
        after_in_child=lambda: die_with_parent(parents[-1]),
    )


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends.

    `parent` is the id of the process that started this one, as that one knew it: asked here, the
    answer would be another if it has ended already.

    Linux only; elsewhere a process notices that its pipe is closed. Call it in the new process,
    from the parent's main thread's child: the signal follows the thread that forked.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the kernel knew
            os.kill(os.getpid(), signal.SIGKILL)


def give_way() -> None:
    """Let the web server, the database and the workers go first at the processor; call it once.

    Linux may share the processor among sessions first (autogroups, see sched(7)). Then how nice a
    process is counts within its session alone, and the session has to be nice as well.
    """
    os.nice(_NICE)
    for _ in range(_MOST_TRIES):
        try:
            Path("/proc/self/autogroup").write_text(str(_NICE))
        except BlockingIOError:
            time.sleep(_TRY_AGAIN_S)
        except OSError:
            return  # there are no such groups, or this is a container's read-only view
        else:
            return


def describe_exit(returncode: int) -> str:
    """Say in words how a process ended: "was killed by SIGSEGV", "exited with code 1"."""
    if returncode >= 0:
        return f"exited with code {returncode}"
    try:
        return f"was killed by {signal.Signals(-returncode).name}"
    except ValueError:  # most real-time signals have no name
        return f"was killed by signal {-returncode}"
