"""Requests by the thousand, made from the API's document: `python -m tests.fuzz.requests`.

schemathesis sends what the document allows, and what it does not, to a real server: every answer
must be a documented one, and none a failure of the server's own.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import clips, throwaway
from tests.fuzz.server import Server, running
from tests.patience import PATIENCE_S

_HERE = Path(__file__).parent
_DOCUMENT = throwaway.ROOT / "docs/reference/openapi.yaml"
_ENDED = {"COMPLETED", "FAILED"}


def main() -> int:
    """Return the exit code: 0 if nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.requests")
    parser.add_argument("--examples", type=int, default=1000, help="per operation, at most")
    parser.add_argument("--seconds", type=int, default=600, help="how long it may take")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    args = parser.parse_args()
    print(f"requests: seed {args.seed}", flush=True)
    with running() as server:
        code = ask(
            server.url,
            server.token,
            ["--max-examples", str(args.examples), "--max-time", str(args.seconds)],
            known=_filled(server),
            seed=args.seed,
        )
        bugs = server.bugs()
    print("\n".join(bugs))
    return code or bool(bugs)


def ask(
    url: str, token: str, options: Sequence[str], *, known: Mapping[str, Sequence[Any]], seed: int
) -> int:
    """Let schemathesis loose on a server, all checks on; return its exit code.

    `known`: name of a parameter in paths → values that are there.
    """
    with TemporaryDirectory(prefix="videointel-") as folder:
        return subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "schemathesis.cli",
                    "--config-file",
                    _HERE / "requests.toml",
                ),
                *("run", _DOCUMENT, "--url", url, "--checks", "all", "--seed", str(seed)),
                *("--header", f"Authorization: Bearer {token}"),
                *("--request-timeout", str(PATIENCE_S)),
                *("--continue-on-failure", "--no-color", *options),
            ],
            cwd=folder,  # it keeps what it found in its working folder
            env=os.environ
            | {
                "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
                "PYTHONPATH": str(throwaway.ROOT),
                "FUZZ_KNOWN": json.dumps(known),
            },
            check=False,
        ).returncode


def _filled(server: Server) -> dict[str, list[Any]]:
    """Make a video and a copy of it, one that is refused, and an upload; return what there is."""
    with TemporaryDirectory(prefix="videointel-") as folder:
        clip = Path(folder) / "a.mp4"
        clips.write(clip, clips.shots((400, 400)), tone_s=0.8)
        made = [
            server.upload(b"a.mp4", clip.read_bytes(), profile="full"),
            server.upload(b"b.mp4", b"no video"),
        ]
    late_at = time.monotonic() + PATIENCE_S
    for video in made:
        while json.loads(server.get(video["url"]))["status"] not in _ENDED:
            if time.monotonic() > late_at:
                raise RuntimeError(f"the server does not analyse: {server.log}")
            time.sleep(0.3)
    copy = server.post(f"{made[0]['url']}/renditions", {"kind": "redacted"})
    return {
        "video_id": [video["id"] for video in made],
        "rendition_id": [copy["id"]],
        "upload_id": [server.begin_upload(length=1000)],
        "index": [0, 1],
    }


if __name__ == "__main__":
    sys.exit(main())
