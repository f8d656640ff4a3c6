"""One PostgreSQL server for all processes of this checkout, gone with the last of them.

Every process that connects holds a shared lock on `<data>.users` for its life; the kernel drops
it however the process ends, also by SIGKILL. A keeper process waits for the exclusive lock, which
it gets when nobody is left, and then stops the server. Nothing depends on exit handlers, which a
signal would skip.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import instance

DATABASE = "videointel"


_ROOT = Path(__file__).resolve().parents[2]
_hosts: dict[Path, str] = {}
_locks: list[int] = []


def ensure(data_dir: Path, *, database: str, memory_mb: int, again: bool = False) -> str:
    """Return the socket folder of the running server whose data lies in `data_dir`.

    Starts server and keeper where needed, sized for so much memory, and creates `database`. A fork inherits the lock
    together with the answer. `again`: look anew, for the server that was running is not.
    """
    if data_dir not in _hosts:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        _locks.append(lock(data_dir, "users", fcntl.LOCK_SH))
    if again or data_dir not in _hosts:
        with held(data_dir, "start"):
            _hosts[data_dir] = _start(data_dir, database, memory_mb)
            _start_keeper(data_dir)
    return _hosts[data_dir]


def lock(data_dir: Path, name: str, mode: int) -> int:
    """Lock `<data>.<name>` and return its descriptor.

    The lock lives as long as that is open, here or in a fork.
    Raises `BlockingIOError` if `mode` has `LOCK_NB` and somebody else holds it.
    """
    file = os.open(data_dir.with_suffix(f".{name}"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, mode)
    except BlockingIOError:
        os.close(file)
        raise
    return file


@contextmanager
def held(data_dir: Path, name: str) -> Iterator[None]:
    """Hold the exclusive lock on `<data>.<name>`, waiting for it."""
    file = lock(data_dir, name, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(file)


def _start(data_dir: Path, database: str, memory_mb: int) -> str:
    import psycopg
    from psycopg import sql

    host = instance.run(data_dir, memory_mb)
    with psycopg.connect(
        host=host, user=instance.USER, dbname="postgres", autocommit=True
    ) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    return host


def _start_keeper(data_dir: Path) -> None:
    """Start a keeper unless one waits. Should two start at once, the second one leaves."""
    try:
        os.close(lock(data_dir, "keeper", fcntl.LOCK_EX | fcntl.LOCK_NB))
    except BlockingIOError:
        return
    keeper = subprocess.Popen(
        [sys.executable, "-m", "videointel.postgres.keeper", str(data_dir)],
        cwd=_ROOT,
        start_new_session=True,  # Ctrl-C is for the foreground, not for the database
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    keeper.returncode = 0  # it outlives us: nobody waits for it, and that is no leak
