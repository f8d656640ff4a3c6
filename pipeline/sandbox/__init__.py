"""Takes from the process that runs stages what no stage needs: files, sockets, other processes.

Two layers of the Linux kernel, both open to any user, both without a way back:

- `landlock`: no file but those named, and none executed (Linux 5.13).
- `seccomp`: no socket, no new process, no signal to others, no system call that administers
  the machine (x86-64 and aarch64).

Where the kernel has one of them not, the other still holds, and `missing` says so.
"""

import sys
from functools import cache
from pathlib import Path

from pipeline.sandbox import landlock, seccomp
from pipeline.sandbox.gpu import Gpu, devices
from pipeline.sandbox.landlock import confine
from pipeline.sandbox.seccomp import deny

__all__ = ["NAME_SERVICE", "Gpu", "confine", "deny", "devices", "missing", "programs"]

_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
    "/usr/share/zoneinfo", "/etc/localtime",
    "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom",
    # Native code asks how many cores and how much memory there are.
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices", "/sys/bus/pci/devices",
    "/sys/fs/cgroup",
)  # fmt: skip

NAME_SERVICE = tuple(
    Path("/etc") / name
    for name in (
        "resolv.conf",
        "hosts",
        "host.conf",
        "nsswitch.conf",
        "gai.conf",
        "services",
        "ssl",
        "pki",
    )
)
"""What it takes to find a host by its name and to check its certificate."""


def programs() -> list[Path]:
    """Return what any stage may read: Python, its packages, libraries; of all else only code.

    A folder that packages are imported from may hold more, ours the database and its secrets:
    of such the packages alone.
    """
    return [*map(Path, _SYSTEM), *_python(), Path("/proc/self")]


@cache
def _python() -> list[Path]:
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)}
    found = sorted(prefixes)
    for entry in (Path(entry or ".").resolve() for entry in sys.path):
        if not any(entry.is_relative_to(prefix) for prefix in prefixes):
            found += sorted(init.parent for init in entry.glob("*/__init__.py"))
    return found


def missing() -> list[str]:
    """Return what this machine's kernel cannot enforce, a sentence each; empty where all is well."""
    found = []
    if not landlock.abi():
        found.append("Stages can read and write whatever the worker can: Landlock is missing.")
    if not seccomp.available():
        found.append("Stages can open sockets and start processes: seccomp is missing.")
    return found
