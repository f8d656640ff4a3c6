"""A bad night in a throw-away server: `python -m tests.chaos [--videos N] [--seconds S] [--seed N]`.

Fifty small videos go through three clusters while workers, parents and the database are killed and
messages get lost, doubled and early. Afterwards every video must have ended as it should, with
nothing lost, nothing twice and no process left.
"""

import argparse
import secrets
import subprocess
import sys
from tempfile import TemporaryDirectory

from tests import throwaway


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
        environment = throwaway.environment(folder, settings="tests.chaos.settings")
        numbers = [args.videos, args.seconds, args.restarts, args.seed]
        night = subprocess.run(
            [sys.executable, "-m", "tests.chaos.night", *map(str, numbers)],
            cwd=throwaway.ROOT,
            env=environment | {"PIPELINE_LEASE_S": "3"},
            check=False,
        )
        left = throwaway.left(folder)
    for process in left:
        print(f"still running: {process}")
        process.kill()
    return int(bool(night.returncode or left))


if __name__ == "__main__":
    sys.exit(main())
