"""The embedded server lives exactly as long as somebody uses it."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.patience import PATIENCE_S, until

_MANAGE = [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")]
_CONNECT = """
import time
from django.db import OperationalError, connection
connection.ensure_connection()
print("up", flush=True)
"""
_HOLD = "time.sleep(600)"
_RECONNECT = """
while True:
    time.sleep(0.1)
    try:
        connection.cursor().execute("SELECT 1")
    except OperationalError:
        connection.close()
        connection.cursor().execute("SELECT 1")
        break
"""


class TestEmbeddedServer:
    def test_is_shared_and_stops_with_the_last_user_however_that_ends(
        self, bare_environment: dict[str, Any]
    ) -> None:
        users = [_connected(bare_environment) for _ in range(2)]
        (server,) = _servers(bare_environment)

        users[0].send_signal(signal.SIGTERM)
        users[0].wait()
        time.sleep(1)
        assert server.is_running()

        users[1].kill()
        users[1].wait()
        server.wait(timeout=PATIENCE_S)
        until(lambda: not _servers(bare_environment))  # what it had just forked has its name

    def test_starts_again_for_the_next(self, bare_environment: dict[str, Any]) -> None:
        for _ in range(2):
            assert _connected(bare_environment, then="").wait(timeout=PATIENCE_S) == 0

        until(lambda: not _servers(bare_environment))

    def test_comes_back_for_those_whose_server_died(self, bare_environment: dict[str, Any]) -> None:
        user = _connected(bare_environment, then=_RECONNECT)
        (server,) = _servers(bare_environment)

        server.kill()
        server.wait()

        assert user.wait(timeout=PATIENCE_S) == 0
        until(lambda: not _servers(bare_environment))

    @pytest.mark.parametrize("folder", ["plain", "My Projects, 'new'", "far" * 30])
    def test_serves_its_owner_alone_wherever_it_lies(
        self, bare_environment: dict[str, Any], folder: str
    ) -> None:
        environment = bare_environment | {"VAR_DIR": f"{bare_environment['VAR_DIR']}/{folder}"}
        user = _connected(environment)
        (server,) = _servers(environment)

        sockets = [unix.laddr for unix in server.net_connections("unix") if unix.laddr]
        mode = Path(str(sockets[0])).stat().st_mode & 0o777
        user.kill()
        user.wait()

        assert mode == 0o700
        until(lambda: not _servers(environment))

    def test_keeps_its_secrets_to_its_owner(self, bare_environment: dict[str, Any]) -> None:
        subprocess.run([*_MANAGE, "check"], env=bare_environment, check=True, capture_output=True)

        secret = Path(bare_environment["VAR_DIR"]) / "secret_key"
        assert secret.stat().st_mode & 0o777 == 0o600
        assert len(secret.read_text()) >= 50


def _connected(environment: dict[str, Any], then: str = _HOLD) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [*_MANAGE, "shell", "-v", "0", "-c", _CONNECT + then],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with user.stdout or sys.stdin as output:
        assert output.readline() == "up\n"
    return user


def _servers(environment: dict[str, Any]) -> list[psutil.Process]:
    data = str(Path(environment["VAR_DIR"]) / "postgres")
    found = {
        process.pid: process
        for process in psutil.process_iter(["cmdline", "ppid"])
        if data in (process.info["cmdline"] or []) and "-D" in process.info["cmdline"]
    }
    # What a server has just forked still has its name.
    return [process for process in found.values() if process.info["ppid"] not in found]
