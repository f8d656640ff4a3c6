"""System calls that Python has no function for."""

import ctypes
import os
from functools import cache
from typing import Any

_SET_NO_NEW_PRIVS = 38


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: Any) -> int:
    """Make a system call; integers are passed as 64 bits. Raises `OSError`."""
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc().syscall(ctypes.c_long(number), *wide))


def prctl(option: int, *arguments: Any) -> int:
    """Ask something of the kernel for this process. Raises `OSError`."""
    wide = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc().prctl(option, *wide))


def forbid_new_privileges() -> None:
    """Have no program that is executed from now on gain rights; filters ask for it."""
    prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
