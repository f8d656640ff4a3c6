"""What every process we start has in common."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, however that ends.

    Linux only; elsewhere a process notices that its pipe is closed. Call it in the new process,
    from the parent's main thread's child: the signal follows the thread that forked.
    """
    if sys.platform == "linux":
        parent = os.getppid()
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
