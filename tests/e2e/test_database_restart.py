"""PostgreSQL goes and comes back; the workers stay."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE_S
from tests.throwaway import free_port

ROOT = Path(__file__).resolve().parents[2]


class TestARestartOfPostgres:
    def test_while_idle_and_while_computing_stops_no_work(
        self, bare_environment: dict[str, Any], tmp_path: Path
    ) -> None:
        settings = {
            "DJANGO_SETTINGS_MODULE": "tests.execution.waiting_settings",
            "PIPELINE_QUEUES": "cpu",
            "PORT": str(free_port()),
        }

        done = subprocess.run(
            [sys.executable, "-m", "tests.e2e.restarting", str(tmp_path / "gate")],
            cwd=ROOT,
            env=bare_environment | settings,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        )

        assert json.loads(done.stdout.splitlines()[-1]) == {
            "after": ["SUCCEEDED", 1],
            "during": ["SUCCEEDED", 1],
            "same_processes": True,
        }
