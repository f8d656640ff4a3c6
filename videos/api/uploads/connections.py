"""Connections whose other end may be gone."""

import os
import socket
import stat
import sys
from collections.abc import Iterator

# Asked for a sign of life after half a minute of silence, given up half a minute later.
_PATIENCE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


def notice_dead_clients() -> None:
    """Have the kernel end this process's connections whose other end vanished without a word.

    Of all of them, for a request cannot tell which is its own, and granian has no setting for it.
    Linux only; elsewhere they last as long as the system lets them.
    """
    if sys.platform != "linux":
        return
    for fd in _sockets():
        with socket.socket(fileno=os.dup(fd)) as one:
            if one.family in (socket.AF_INET, socket.AF_INET6) and one.type == socket.SOCK_STREAM:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                for name, value in _PATIENCE.items():
                    one.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _sockets() -> Iterator[int]:
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  names, not paths
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                yield int(name)
        except OSError:
            continue  # closed meanwhile
