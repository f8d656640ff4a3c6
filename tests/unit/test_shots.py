"""Boundaries in strips, drawn cell by cell."""

import cv2
import numpy as np
import pytest

from pipeline.engines.shots import find_boundaries
from pipeline.engines.shots.compare import kept, mismatch
from pipeline.engines.shots.strip import Strip, Times, repeated
from tests import clips

STRIP = (48, 27)
RATE_MS = 40


def scene(seed: int, pictures: int) -> Strip:
    """A scene that pans slowly."""
    drawn = (clips.scene(seed, step) for step in range(pictures))
    return np.array([cv2.resize(p, STRIP, interpolation=cv2.INTER_AREA) for p in drawn])


def blend(old: Strip, new: Strip, pictures: int) -> Strip:
    """`old` dissolves into `new`; both stay `pictures` shorter by themselves."""
    share = (np.arange(1, pictures + 1) / (pictures + 1))[:, None, None, None]
    between = old[-pictures:] * (1 - share) + new[:pictures] * share
    parts = [old[:-pictures], between.astype(np.uint8), new[pictures:]]
    return np.concatenate(parts)


def found(strip: Strip, times: Times | None = None) -> list[tuple[str, int]]:
    boundaries = find_boundaries(
        strip,
        np.arange(len(strip)) * RATE_MS if times is None else times,
        min_confidence=0.5,
        min_shot_ms=600,
    )
    return [(b.transition, b.index) for b in boundaries]


class TestRepeated:
    def test_finds_every_second_picture(self) -> None:
        changes = np.array([255.0, *([0.0, 5.0] * 20)])

        assert repeated(changes).tolist() == [False, *([True, False] * 20)]

    def test_leaves_stills_alone(self) -> None:
        changes = np.array([255.0, *([0.0] * 20), 60.0, *([0.0] * 20)])

        assert not repeated(changes).any()


class TestCompare:
    def test_finds_what_moved(self) -> None:
        picture = scene(1, 1)[0]

        moved = np.roll(picture, 3, axis=1)

        assert mismatch(picture, moved) < 0.1
        assert mismatch(picture, scene(2, 1)[0]) > 0.2

    def test_does_not_mind_the_light(self) -> None:
        picture = scene(1, 1)[0]

        assert mismatch(picture, picture // 2 + 30) < 0.05

    def test_keeps_what_an_overlay_leaves(self) -> None:
        picture = scene(1, 1)[0]
        titled = picture.copy()
        titled[18:24, 4:30] = 255

        assert kept(picture, titled) > 0.5


class TestFindBoundaries:
    def test_finds_none_in_one_picture(self) -> None:
        assert found(scene(0, 1)) == []

    @pytest.mark.parametrize("pictures", [8, 16, 30, 50])
    def test_finds_the_middle_of_a_dissolve(self, pictures: int) -> None:
        strip = blend(scene(0, 80), scene(1, 80), pictures)

        ((transition, index),) = found(strip)

        assert transition == "dissolve"
        assert abs(index - (80 - pictures / 2)) <= 3

    @pytest.mark.parametrize("level", [0, 255])
    def test_finds_the_middle_of_a_fade(self, level: int) -> None:
        flat = np.full((24, 27, 48, 3), level, np.uint8)
        out = blend(scene(0, 60), flat, 12)
        strip = blend(out, scene(1, 60), 10)

        ((transition, index),) = found(strip)

        assert transition == "fade"
        assert abs(index - 61) <= 4

    def test_leaves_a_fade_from_and_to_black_at_the_ends_alone(self) -> None:
        flat = np.zeros((24, 27, 48, 3), np.uint8)

        assert found(blend(blend(flat, scene(0, 90), 15), flat, 15)) == []

    def test_counts_time_where_pictures_come_unevenly(self) -> None:
        strip = np.concatenate([scene(0, 40), scene(1, 40)])
        times = np.cumsum(np.random.default_rng(5).choice([20, 33, 67, 100], 80))

        assert found(strip, times) == [("cut", 40)]

    def test_finds_no_boundary_where_light_changes(self) -> None:
        strip = scene(0, 100)
        light = (0.6 + 0.4 * np.cos(np.arange(100) / 8))[:, None, None, None]

        assert found((strip * light).astype(np.uint8)) == []

    def test_keeps_shots_as_long_as_asked(self) -> None:
        strip = np.concatenate([scene(0, 40), scene(1, 8), scene(2, 40)])

        assert len(found(strip)) == 1

    def test_gives_the_same_wherever_blocks_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        strip = blend(np.concatenate([scene(0, 60), scene(1, 80)]), scene(2, 80), 20)
        whole = found(strip)

        monkeypatch.setattr("pipeline.engines.shots.strip.BLOCK", 7)
        monkeypatch.setattr("pipeline.engines.shots.gradual.BLOCK", 11)

        assert found(strip) == whole == [("cut", 60), ("dissolve", whole[1][1])]
