"""Boundaries in real files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.results import Frames, SampledFrame, Shots
from pipeline.stages.detect_shots import keyframe
from tests import clips, montages
from tests.pipeline.running import cut_up

SAMPLE = Path(__file__).resolve().parents[2] / "docs" / "sample"

Maker = Callable[[Path], list[int]]
TROUBLES = [
    clips.hard_cuts,
    montages.repeated_pictures,
    montages.flashes,
    montages.titles,
    montages.bannered,
    montages.popping_plates,
    montages.pillarboxed,
]


def found_cuts(path: Path, folder: Path) -> list[int]:
    return [shot.start_ms for shot in cut_up(path, folder)[Shots].result.shots][1:]


class TestDetectShots:
    @pytest.mark.parametrize("make", TROUBLES)
    def test_finds_each_cut_exactly_and_nothing_else(self, tmp_path: Path, make: Maker) -> None:
        true = make(tmp_path / "a.mp4")

        assert found_cuts(tmp_path / "a.mp4", tmp_path) == true

    def test_tiles_the_video_and_keeps_a_picture_of_each_shot(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")

        done = cut_up(tmp_path / "a.mp4", tmp_path)

        shots = done[Shots].result.shots
        assert [(s.start_ms, s.end_ms) for s in shots] == [
            (0, 1600),
            (1600, 2800),
            (2800, 4800),
            (4800, 6200),
        ]
        assert shots[0].confidence is None
        assert all(0 < s.confidence <= 1 for s in shots[1:])
        samples = {s.at_ms: s.file for s in done[Frames].result.samples}
        for shot in shots:
            assert shot.start_ms <= shot.keyframe_ms < shot.end_ms
            kept = done[Frames].directory / samples[shot.keyframe_ms]
            assert (done[Shots].directory / shot.keyframe).read_bytes() == kept.read_bytes()

    def test_types_a_dissolve_and_a_fade_and_shows_neither(self, tmp_path: Path) -> None:
        montages.blended(tmp_path / "a.mp4")

        first, second, third = cut_up(tmp_path / "a.mp4", tmp_path)[Shots].result.shots

        assert (first.transition, first.transition_ms) == (None, 0)
        assert (second.transition, third.transition) == ("dissolve", "fade")
        assert second.start_ms == pytest.approx(1800, abs=40)
        assert second.transition_ms == pytest.approx(800, abs=200)  # a quarter: the camera moves
        assert third.start_ms == pytest.approx(4000, abs=40)
        assert third.transition_ms == pytest.approx(1200, abs=80)
        for shot, clear in ((first, (0, 1400)), (second, (2200, 3400)), (third, (4600, 6400))):
            assert clear[0] <= shot.keyframe_ms < clear[1]

    def test_takes_a_video_without_a_cut_for_one_shot(self, tmp_path: Path) -> None:
        clips.no_sound(tmp_path / "a.mp4")

        shots = cut_up(tmp_path / "a.mp4", tmp_path)[Shots].result.shots

        assert [(s.start_ms, s.end_ms, s.keyframe) for s in shots] == [(0, 2000, "shot-0001.jpg")]

    def test_takes_a_single_picture_for_one_shot(self, tmp_path: Path) -> None:
        clips.write(tmp_path / "a.mp4", [clips.scene(0, 0)])

        shots = cut_up(tmp_path / "a.mp4", tmp_path)[Shots].result.shots

        assert [(s.start_ms, s.end_ms) for s in shots] == [(0, 40)]


class TestKeyframe:
    def test_prefers_a_settled_sample_near_a_third(self) -> None:
        samples = tuple(SampledFrame(at, f"{at}.jpg") for at in (900, 1000, 1500, 2500, 4000))

        assert keyframe(samples, 1000, 4000, 1000, 4000).at_ms == 1500

    def test_takes_the_first_picture_where_the_shot_has_no_other(self) -> None:
        samples = tuple(SampledFrame(at, f"{at}.jpg") for at in (900, 1000, 2000))

        assert keyframe(samples, 1000, 2000, 1000, 2000).at_ms == 1000

    def test_keeps_clear_of_dissolves(self) -> None:
        samples = tuple(SampledFrame(at, f"{at}.jpg") for at in (1000, 1400, 2500, 3600))

        assert keyframe(samples, 1000, 4000, 2000, 3000).at_ms == 2500
