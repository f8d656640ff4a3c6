"""The commands that a user types, as processes."""

import json
import os
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import connection

from tests import clips, throwaway
from tests.conftest import database_url
from tests.patience import PATIENCE_S, until

_MANAGE = [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")]


class TestUp:
    def test_serves_and_stops_without_a_trace(self, bare_environment: dict[str, Any]) -> None:
        port = throwaway.free_port()
        environment = bare_environment | {"PORT": str(port)}

        up = subprocess.Popen(
            [*_MANAGE, "up"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        greeting = _said(up, "Ctrl-C")
        token = greeting.split("API token")[1].split()[0]
        until(lambda: _get(port, "/readyz", token) == 200)  # workers take a moment to show
        videos = _get(port, "/api/v1/videos", token)
        family = psutil.Process(up.pid).children(recursive=True)
        os.killpg(up.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
        assert up.wait(timeout=PATIENCE_S) == 0

        assert videos == 200
        assert len(family) >= 6
        _, left = psutil.wait_procs(family, timeout=PATIENCE_S)
        assert left == []
        password = Path(bare_environment["VAR_DIR"]) / "admin_password"
        assert password.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("command", ["up", "web"])
    def test_refuses_a_port_that_is_taken(
        self, bare_environment: dict[str, Any], command: str
    ) -> None:
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as granian does
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]

            refused = subprocess.run(
                [*_MANAGE, command],
                env=bare_environment | {"PORT": str(port)},
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE_S,
            )

        assert refused.returncode == 1
        assert f"Port {port} of 127.0.0.1 is taken" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert not (Path(bare_environment["VAR_DIR"]) / "postgres").exists()

    def test_leaves_nothing_when_killed(self, bare_environment: dict[str, Any]) -> None:
        port = throwaway.free_port()
        up = subprocess.Popen(
            [*_MANAGE, "up"],
            env=bare_environment | {"PORT": str(port)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        _said(up, "Ctrl-C")
        family = psutil.Process(up.pid).children(recursive=True)

        up.kill()
        up.wait(timeout=PATIENCE_S)

        _, left = psutil.wait_procs(family, timeout=PATIENCE_S)
        assert left == []


class TestOutput:
    def test_that_nobody_reads_any_more_is_no_failure_to_tell(self) -> None:
        listing = subprocess.Popen(
            [*_MANAGE, "help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert listing.stdout and listing.stderr
        listing.stdout.close()

        said = listing.stderr.read()
        listing.stderr.close()

        assert (listing.wait(timeout=PATIENCE_S), said) == (1, "")

    def test_of_a_python_without_the_environment_says_how_to_get_it(self) -> None:
        # -S: without site-packages
        refused = subprocess.run(
            [sys.executable, "-S", *_MANAGE[1:], "doctor"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert refused.returncode == 1
        assert "make install" in refused.stderr
        assert "Traceback" not in refused.stderr


class TestDatabase:
    def test_that_was_never_migrated_is_named_with_its_mend(self, db: None) -> None:
        bare = database_url().replace(str(connection.settings_dict["NAME"]), "postgres")

        failed = _list_videos(bare)

        assert failed.stderr == (
            "The database lacks tables or columns of this version: run `python manage.py migrate`.\n"
        )

    def test_that_does_not_answer_is_named_with_its_mend(self) -> None:
        failed = _list_videos(f"postgres://nobody@127.0.0.1:{throwaway.free_port()}/none")

        assert "Connection refused" in failed.stderr
        assert "Start the server that DATABASE_URL names" in failed.stderr
        assert "Traceback" not in failed.stderr


class TestAnalyze:
    def test_says_in_one_sentence_what_is_wrong(self, db: None) -> None:
        failed = subprocess.run(
            [*_MANAGE, "analyze", "no/such/film.mp4"],
            env=os.environ | {"DATABASE_URL": database_url()},
            capture_output=True,
            text=True,
            check=False,
        )

        assert failed.returncode != 0
        assert "There is no file no/such/film.mp4" in failed.stderr
        assert "Traceback" not in failed.stderr

    def test_works_twice_in_a_row(self, bare_environment: dict[str, Any], tmp_path: Path) -> None:
        """The first one's workers are still announced when the second one looks for some."""
        clips.no_sound(tmp_path / "clip.mp4")
        subprocess.run([*_MANAGE, "migrate", "-v", "0"], env=bare_environment, check=True)
        export = tmp_path / "clip.json"

        for _ in range(2):
            subprocess.run(
                [*_MANAGE, "analyze", str(tmp_path / "clip.mp4"), "--json", str(export)],
                env=bare_environment,
                check=True,
                capture_output=True,
                timeout=PATIENCE_S,
            )

        found = json.loads(export.read_text())
        assert found["video"]["status"] == "COMPLETED"
        assert found.keys() == {
            "video",
            "transcript",
            "shots",
            "texts",
            "objects",
            "faces",
            "nudity",
            "sounds",
            "summary",
            "chapters",
            "keywords",
            "speakers",
            "entities",
            "duplicates",
            "timeline",
        }


def _list_videos(url: str) -> subprocess.CompletedProcess[str]:
    """Fail to list videos."""
    failed = subprocess.run(
        [*_MANAGE, "videos", "list"],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1
    return failed


def _said(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout
    said = ""
    while words not in said:
        line = process.stdout.readline()
        assert line, f"it ended, having said: {said}"
        said += line
    process.stdout.close()
    return said


def _get(port: int, path: str, token: str) -> int:
    """Return the status."""
    http = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    http.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    status = http.getresponse().status
    http.close()
    return status
