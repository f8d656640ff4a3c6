"""A bad night in a throw-away server: `python -m tests.chaos [--videos N] [--seconds S] [--seed N]`.

Fifty small videos go through two clusters while workers, parents and the database are killed and
messages get lost, doubled and early. Afterwards every video must have ended as it should, with
nothing lost, nothing twice and no process left.
"""

import argparse
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

_ROOT = Path(__file__).resolve().parents[2]
_GRACE_S = 30


def main() -> int:
    """Run the night and return the exit code: 0 if nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--videos", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=240, help="how long things break")
    parser.add_argument("--restarts", type=int, default=5, help="of PostgreSQL")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    args = parser.parse_args()
    with TemporaryDirectory(prefix="videointel-", ignore_cleanup_errors=True) as folder:
        print(f"seed {args.seed}", flush=True)
        numbers = [args.videos, args.seconds, args.restarts, args.seed]
        night = subprocess.run(
            [sys.executable, "-m", "tests.chaos.night", *map(str, numbers)],
            cwd=_ROOT,
            env=_environment(folder),
            check=False,
        )
        left = _left(folder)
    for process in left:
        print(f"still running: {process}")
        process.kill()
    return int(bool(night.returncode or left))


def _environment(folder: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        "VAR_DIR": f"{folder}/var",
        "MEDIA_ROOT": f"{folder}/var/media",
        "PIPELINE_LEASE_S": "3",
        "LOG_LEVEL": "CRITICAL",
    }


def _left(folder: str) -> list[psutil.Process]:
    """Return the processes of this server that a while after its end are still there."""
    late_at = time.monotonic() + _GRACE_S
    while (left := list(_processes(folder))) and time.monotonic() < late_at:
        time.sleep(0.2)
    return left


def _processes(folder: str) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _belongs(process, folder)]


def _belongs(process: psutil.Process, folder: str) -> bool:
    try:
        return process.environ().get("VAR_DIR", "").startswith(folder)
    except psutil.Error:  # it ended, or is another user's
        return False


if __name__ == "__main__":
    sys.exit(main())
