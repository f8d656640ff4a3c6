"""A short night in every run of the suite; `make chaos` has the long ones."""

import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE_S

_ROOT = Path(__file__).resolve().parents[2]
_SHORT = ["--videos", "8", "--seconds", "30", "--restarts", "1", "--seed", "4"]


class TestNight:
    def test_leaves_every_video_as_it_should_be(self) -> None:
        night = subprocess.run(
            [sys.executable, "-m", "tests.chaos", *_SHORT],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )

        assert night.returncode == 0, night.stdout + night.stderr
