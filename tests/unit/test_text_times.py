import numpy as np
import pytest

from pipeline.media.text_times import Timing, turning_ms
from pipeline.media.text_tracks import Sighting, Track

BOX = (0.25, 0.5, 0.5, 0.1)
TIMES = np.arange(0, 1000, 40, dtype=np.int64)


def strip(brightness: np.ndarray) -> np.ndarray:
    """Return pictures that are grey but for BOX, which has `brightness`, (25,), one a picture."""
    pictures = np.full((25, 27, 48, 3), 90, np.uint8)
    pictures[:, 14:16, 12:36] = brightness[:, None, None, None]
    return pictures


def moving(places: list[tuple[int, int]], absent_ms: int) -> tuple[int, int]:
    """Return the span of a text seen at each x, y for 400 ms, then gone; 160 × 100 pixels."""
    seen = [Sighting(n, 400 * n, (x, y, 80, 10)) for n, (x, y) in enumerate(places)]
    track = Track(np.zeros((5, 40), np.float32), seen, absent_after_ms=absent_ms)
    times = np.arange(0, 4000, 40, dtype=np.int64)
    still = np.full((len(times), 27, 48, 3), 90, np.uint8)
    timing = Timing(still, times, cuts=(), size=(160, 100), first_ms=0, end_ms=4000)
    return timing.span(track)


class TestSpan:
    def test_ends_when_what_moves_is_over_the_edge(self) -> None:
        assert moving([(40, 40), (40, 60), (40, 80)], absent_ms=1200) == (0, 1200)

    def test_ends_where_what_moves_aslant_is_gone_before_the_edge(self) -> None:
        assert moving([(0, 10), (10, 20), (20, 30)], absent_ms=1200) == (0, 1000)


class TestTurning:
    @pytest.mark.parametrize("turn_ms", [200, 480, 800])
    def test_finds_the_picture_with_which_a_text_comes(self, turn_ms: int) -> None:
        pictures = strip(np.where(turn_ms <= TIMES, 200, 90))

        found = turning_ms(pictures, TIMES, BOX, absent_ms=80, seen_ms=920)

        assert found == turn_ms

    @pytest.mark.parametrize("turn_ms", [200, 480, 800])
    def test_finds_the_first_picture_without_a_text(self, turn_ms: int) -> None:
        pictures = strip(np.where(turn_ms > TIMES, 200, 90))

        found = turning_ms(pictures, TIMES, BOX, absent_ms=920, seen_ms=80)

        assert found == turn_ms

    def test_counts_a_fading_text_as_shown_early(self) -> None:
        pictures = strip(np.interp(TIMES, [200, 600], [90, 200]))

        found = turning_ms(pictures, TIMES, BOX, absent_ms=80, seen_ms=920)

        assert found is not None
        assert 280 <= found <= 360

    def test_cannot_tell_where_nothing_changes(self) -> None:
        pictures = strip(np.full(25, 90))

        assert turning_ms(pictures, TIMES, BOX, absent_ms=80, seen_ms=920) is None

    def test_cannot_tell_between_neighbouring_pictures(self) -> None:
        pictures = strip(np.where(TIMES >= 80, 200, 90))

        assert turning_ms(pictures, TIMES, BOX, absent_ms=40, seen_ms=80) is None
