"""Clients killed at random bytes: `python -m tests.uploads [--kills N] [--seed N]`.

tuspy, tus-js-client and Uppy take turns at uploading to a server of its own; each is killed and
started again. What arrived must have the checksum of what was sent.
"""

import argparse
import random
import secrets
import sys
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.fuzz.server import running
from tests.uploads.kills import NoPackages, Workshop

_SIZE_BYTES = 20_000_000
_KILLS_A_FILE = 4


def main() -> int:
    """Upload until clients were killed often enough; return the exit code, 0 if all arrived."""
    parser = argparse.ArgumentParser(prog="python -m tests.uploads")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    rng = random.Random(args.seed)
    with running() as server, TemporaryDirectory(prefix="videointel-") as folder:
        port = urlsplit(server.url).port or 0
        workshop = Workshop(Path(folder), port, server.token, _SIZE_BYTES)
        for client in cycle(("tuspy", "tus_js", "uppy")):
            left = args.kills - workshop.kills.total()
            if left <= 0:
                break
            try:
                workshop.upload(client, rng, kills=min(_KILLS_A_FILE, left))
            except NoPackages as reason:
                print(reason, file=sys.stderr)
                return 1
    for client, kills in workshop.kills.items():
        print(f"{client}: {workshop.files[client]} files arrived, killed {kills} times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
