"""Restricts a thread, and all that it starts, to named files: Linux's Landlock, by system call.

The kernel's own page tells the whole story: https://docs.kernel.org/userspace-api/landlock.html.
A rule goes with the file or folder itself, not with its path, so no link leads around it.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pipeline.sandbox.kernel import forbid_new_privileges, syscall

# The same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_ASKED = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << n for n in range(6))
_MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE, _IOCTL_DEV = 1 << 7, 1 << 8, 1 << 13, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

_READ = _READ_FILE | _READ_DIR
# Neither devices nor symbolic links: what a stage leaves behind is served to people.
_WRITE = (
    _READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER
)
_USE = _READ | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV
# By version of the interface: the highest right on files that the kernel knows.
_RIGHTS = {1: 1 << 12, 2: _REFER, 3: _TRUNCATE, 4: _TRUNCATE, 5: _IOCTL_DEV}


class _Ruleset(ctypes.Structure):
    _fields_ = [("handled_access_fs", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


@cache
def abi() -> int:
    """Return the kernel's version of the interface, 0 where it has none."""
    if sys.platform != "linux":
        return 0
    try:
        return syscall(_CREATE_RULESET, None, 0, _VERSION_ASKED)
    except OSError:  # not built in, not enabled, or refused by a container's own filter
        return 0


def confine(*, read: Iterable[Path], write: Iterable[Path] = (), use: Iterable[Path] = ()) -> None:
    """Leave this thread, and threads and processes it starts, these files and folders alone.

    What is in `use`, devices, is read, written and controlled, but nothing is made or removed
    there. Folders count with all that is in them; what does not exist is passed over. A second
    call can only take away more. Does nothing where the kernel cannot.
    """
    if not abi():
        return
    handled = 2 * _RIGHTS[min(abi(), max(_RIGHTS))] - 1
    attributes = _Ruleset(handled)
    ruleset = syscall(_CREATE_RULESET, ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    try:
        for paths, rights in ((read, _READ), (write, _WRITE), (use, _USE)):
            for path in paths:
                _allow(ruleset, path, rights & handled)
        forbid_new_privileges()
        syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    passing = not path.is_relative_to("/proc")
    try:
        opened = _opened(path) if passing else _held(path, os.getpid())
    except FileNotFoundError:
        return
    try:
        rule = _PathBeneath(rights if path.is_dir() else rights & _OF_FILES, opened)
        syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        if passing:
            os.close(opened)


def _opened(path: Path) -> int:
    return os.open(path, os.O_PATH | os.O_CLOEXEC)


@cache
def _held(path: Path, _pid: int) -> int:
    """Open the file once for the life of this process; a fork has its own, `/proc/self` is another.

    The kernel forgets what nobody holds in /proc when memory gets short, and makes it anew at the
    next look: to a rule that is another file.
    """
    return _opened(path)
