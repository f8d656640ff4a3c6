"""Waits until no process uses the embedded server, then stops it: `python -m … DATA_DIR`."""

import fcntl
import os
import sys
from pathlib import Path

from . import instance, server


def keep(data_dir: Path) -> None:
    """Block until the last user of `data_dir` is gone and stop its server.

    Returns at once where another keeper waits already.
    """
    try:
        keeping = server.lock(data_dir, "keeper", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    with server.held(data_dir, "users"):
        instance.stop(data_dir)
        # Before the users' lock: whoever connects next must find no keeper and start one.
        os.close(keeping)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
