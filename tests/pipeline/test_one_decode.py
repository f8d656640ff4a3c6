"""No picture is decoded twice in a run, but for the first, by which `probe` sees that one decodes.

In a real run the kernel keeps the upload from stages with models: `tests/execution/test_sandbox.py`.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av

from pipeline import registry
from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.errors import NotApplicable
from pipeline.media.container import decoded
from pipeline.planner import plan
from pipeline.results import Frames
from tests import clips

_OPEN_IT = {"probe", "sample_frames", "extract_audio"}
"""What reads the upload itself: its headers and first packets, its pictures, its sound."""


class TestFullProfile:
    def test_decodes_each_picture_once(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")
        with av.open(str(tmp_path / "a.mp4")) as container:
            stored = sum(packet.size > 0 for packet in container.demux(video=0))
        done: dict[type, Upstream] = {}
        counts: list[int] = []

        def counted(packet: Any, kind: Any) -> list[Any]:
            frames = decoded(packet, kind)
            counts.append(len(frames))
            return frames

        for step in plan(registry.profile("full"), checksum=""):
            stage = step.stage
            source = tmp_path / ("a.mp4" if stage.name in _OPEN_IT else "out-of-reach.mp4")
            workdir = tmp_path / stage.name
            workdir.mkdir()
            context = Context(VideoInfo(source), workdir, tmp_path, 1, done, lambda _: None)
            if all(kind in done for kind in stage.needs):
                with suppress(NotApplicable), patch("pipeline.media.decode.decoded", counted):
                    done[stage.produces] = Upstream(stage.run(context), workdir)

        assert sum(counts) == done[Frames].result.decoded == stored
