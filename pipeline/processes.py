"""What every process we start has in common."""

import ctypes
import mmap
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


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


def forks_die_with_parent() -> None:
    """Have everything that is forked from now on end with the process that forked it."""
    parents = []  # the fork's own view: its parent may be gone before it can ask
    os.register_at_fork(
        before=lambda: parents.append(os.getpid()),
        after_in_parent=parents.clear,
        after_in_child=lambda: die_with_parent(parents[-1]),
    )


def die_with_parent(parent: int | None = None) -> None:
    """Have the kernel kill this process when its parent ends, however that ends.

    Linux only; elsewhere a process notices that its pipe is closed. Call it in the new process,
    from the parent's main thread's child: the signal follows the thread that forked.
    """
    if sys.platform == "linux":
        parent = parent or os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the kernel knew
            os.kill(os.getpid(), signal.SIGKILL)


def describe_exit(returncode: int) -> str:
    """Say in words how a process ended: "was killed by SIGSEGV", "exited with code 1"."""
    if returncode >= 0:
        return f"exited with code {returncode}"
    try:
        return f"was killed by {signal.Signals(-returncode).name}"
    except ValueError:  # most real-time signals have no name
        return f"was killed by signal {-returncode}"
