"""The web server's entry point."""

import os
import socket
import stat
import sys

from django.core.wsgi import get_wsgi_application

from pipeline.processes import die_with_parent

# A connection whose other end says nothing is asked for a sign of life after half a minute, and
# given up half a minute later.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


def _notice_dead_clients() -> None:
    """Have connections end whose client vanished without a word.

    Whoever waits for a body would wait for ever, and granian has no setting for it. A connection
    takes it over from the socket that listens, on Linux.
    """
    for fd in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208  names, not paths
        try:
            is_socket = stat.S_ISSOCK(os.fstat(fd).st_mode)
        except OSError:
            continue  # that of the listing itself
        if not is_socket:
            continue
        with socket.socket(fileno=os.dup(fd)) as one:
            listens = one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if listens and one.family in (socket.AF_INET, socket.AF_INET6):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                for name, value in _KEEP_ALIVE.items():
                    one.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


# Set by `manage.py web`, whose process starts this one; other servers look after their own.
if parent := os.environ.get("WEB_PARENT"):
    die_with_parent(int(parent))
    if sys.platform == "linux":
        _notice_dead_clients()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "videointel.settings")
application = get_wsgi_application()
