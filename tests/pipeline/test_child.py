"""What the child process makes of trouble around a stage."""

import io
from pathlib import Path

import pytest

from pipeline.child import Ended, Request, run
from pipeline.contract import Limits


def request(source: Path, folder: Path) -> Request:
    """Ask for `sample_frames` with an upstream result that is not there."""
    return Request(
        stage="pipeline.stages.sample_frames.SampleFrames",
        parameters={},
        source=str(source),
        source_url="",
        language=None,
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
