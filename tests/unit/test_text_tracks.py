import numpy as np

from pipeline.media.strokes import edges, shrunk, strokes
from pipeline.media.text_rows import Placed
from pipeline.media.text_tickers import Ticker
from pipeline.media.text_tracks import Sighting, Track, Tracker

RNG = np.random.default_rng(7)
CAPTIONS = [RNG.integers(0, 2, (24, 240, 1), np.uint8).repeat(3, axis=2) * 255 for _ in range(3)]
BOX = (100, 200, 240, 24)
EVERY_MS = 500


def picture(words: np.ndarray | None) -> np.ndarray:
    """Return noise of 480 × 360, another each time, with the words in BOX."""
    drawn = RNG.integers(0, 120, (360, 480, 3), np.uint8)
    if words is not None:
        drawn[200:224, 100:340] = words
    return drawn


def fed(*shown: np.ndarray | None) -> Tracker:
    tracker = Tracker()
    for number, words in enumerate(shown):
        now = strokes(edges(shrunk(picture(words))))
        tracker.step(number * EVERY_MS, 0, now, same=False, shifts=[])
    return tracker


def track(*sightings: Sighting, absent_ms: tuple[int, int] | None = None) -> Track:
    before_ms, after_ms = absent_ms or (None, None)
    text = np.zeros((4, 4), np.float32)
    return Track(text, list(sightings), absent_before_ms=before_ms, absent_after_ms=after_ms)


class TestAgain:
    def test_tells_of_captions_where_one_was_found(self) -> None:
        first, second, third = CAPTIONS
        tracker = fed(first, first, second, second, second, third, third)
        tracker.add(0, [BOX])

        told = [(one.since, one.until) for one in tracker.again(750, 3500)]

        assert told == [(2, 5), (5, 7)]

    def test_tells_each_once_and_none_that_is_brief(self) -> None:
        first, second, third = CAPTIONS
        tracker = fed(first, first, second, third, third)
        tracker.add(0, [BOX])

        told = [(one.since, one.until) for one in tracker.again(750, 2500)]

        assert told == [(3, 5)]
        assert tracker.again(750, 2500) == []

    def test_has_nothing_to_tell_of_a_round_without_samples(self) -> None:
        tracker = fed(CAPTIONS[0], CAPTIONS[0])
        tracker.add(0, [BOX])
        tracker.end_round()

        assert tracker.again(750, 9000) == []


class TestTrack:
    def test_is_cut_off_where_it_crosses_the_edge(self) -> None:
        at_edge = Sighting(3, 1500, (0, 200, 90, 24))

        assert track(at_edge, absent_ms=(1000, 2000)).is_cut_off(480)
        assert not track(at_edge, absent_ms=(0, 4000)).is_cut_off(480)
        assert not track(Sighting(3, 1500, BOX), absent_ms=(1000, 2000)).is_cut_off(480)

    def test_is_another_where_what_was_read_lay_elsewhere(self) -> None:
        seen = Sighting(3, 1500, BOX)

        assert track(Sighting(3, 1500, (102, 198, 244, 28))).lies_at(seen)
        assert not track(Sighting(3, 1500, (100, 240, 240, 24))).lies_at(seen)
        assert not track(Sighting(4, 2000, BOX)).lies_at(seen)


class TestTicker:
    def test_holds_a_piece_that_is_seen_once(self) -> None:
        placed = [Placed(n, n * EVERY_MS, -60.0 * n, 300 - 60 * n, 480) for n in range(5)]
        ticker = Ticker(top=200, height=24, width=480, placed=placed)

        assert ticker.holds(track(Sighting(2, 1000, (200, 200, 100, 24))))
        assert not ticker.holds(track(Sighting(2, 1000, (20, 200, 100, 24))))
