"""What the child process makes of trouble around a stage."""

import io
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil
import pytest

from pipeline.child import run
from pipeline.contract import Limits
from pipeline.messages import Ended, Request
from tests.patience import PATIENCE_S


def request(source: Path, folder: Path) -> Request:
    """Ask for `sample_frames` with an upstream result that is not there."""
    return Request(
        stage="pipeline.stages.sample_frames.SampleFrames",
        parameters={},
        source=str(source),
        source_url="",
        workdir=str(folder),
        partial=str(folder / "partial"),
        models_dir=str(folder),
        threads=1,
        limits=Limits(),
        cpu_s=60,
        upstream={"Media": str(folder / "gone")},
    )


class TestRun:
    def test_is_quiet_about_a_video_that_was_deleted_meanwhile(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        ended = run(request(tmp_path / "gone.mp4", tmp_path), io.BytesIO())

        assert ended == Ended("transient", "io_error", "The video's file is gone.")
        assert caplog.records == []

    def test_logs_a_file_that_is_missing_otherwise(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "a.mp4").write_bytes(b"a video")

        ended = run(request(tmp_path / "a.mp4", tmp_path), io.BytesIO())

        assert (ended.outcome, ended.code) == ("transient", "io_error")
        assert [record.exc_info is not None for record in caplog.records] == [True]


_SHORT_LIVED_WORKER = """
import os, sys, msgspec
from pipeline.messages import Request
from pipeline.supervisor import Allowance, Child

child = Child(sys.argv[2], Allowance(memory_mb=1024, file_mb=1, roots=()))
child.send(msgspec.json.decode(sys.argv[1], type=Request))
print(child._process.pid, flush=True)
os._exit(0)
"""


class TestAnOrphan:
    @pytest.mark.parametrize("kind", ["media", "models"])
    def test_ends_though_its_worker_was_gone_before_it_began(
        self, tmp_path: Path, kind: str
    ) -> None:
        """Else it would compute for nobody, beside whoever has the stage next."""
        waits = msgspec.structs.replace(
            request(tmp_path, tmp_path),
            stage="tests.execution.waiting.Wait",
            parameters={"until": str(tmp_path / "gate")},
            upstream={},
        )

        command = [
            sys.executable,
            "-c",
            _SHORT_LIVED_WORKER,
            msgspec.json.encode(waits).decode(),
            kind,
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
            assert worker.stdout
            pid = int(worker.stdout.readline())

        with suppress(psutil.NoSuchProcess):
            orphan = psutil.Process(pid)
            try:
                orphan.wait(timeout=PATIENCE_S)
            finally:
                (tmp_path / "gate").touch()
