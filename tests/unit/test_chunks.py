"""The engine's words on the timeline."""

from pathlib import Path

import numpy as np

from pipeline.engines import vad
from pipeline.engines.chunks import Chunk
from pipeline.results import Word, dump, load

SECOND = 16_000


def voice(*overtones: int) -> vad.Samples:
    """Two seconds of a voice of 150 Hz, of whose overtones these are heard."""
    t = np.arange(2 * SECOND) / SECOND
    waves = [np.sin(2 * np.pi * 150 * one * t) for one in overtones]
    return np.array(3_000 * np.sum(waves, axis=0)).astype(np.int16)


class TestSound:
    whole = Chunk(((0, 2 * SECOND),))

    def test_is_as_it_was_where_it_is_whole(self) -> None:
        samples = voice(1, 2, 3, 4, 5)

        assert np.array_equal(self.whole.sound(samples), vad.as_float(samples))

    def test_has_the_fundamental_that_a_telephone_left_out(self) -> None:
        samples = voice(3, 4, 5)

        heard = np.abs(np.fft.rfft(self.whole.sound(samples)))

        assert heard[300] > 0.1 * heard[600]  # 150 and 300 Hz of 2 s


class TestLeavesOutSpeech:
    two = Chunk(((0, 64_000), (160_000, 224_000)))
    """Two spans of 4 s, laid end to end."""

    def said(self, start_s: int, end_s: int) -> list[tuple[float, float, str, float]]:
        """A word each half second."""
        return [(at / 2, at / 2 + 0.4, " word", 0.9) for at in range(start_s * 2, end_s * 2)]

    def test_not_where_all_spans_have_words(self) -> None:
        assert not self.two.leaves_out_speech(self.said(0, 8))

    def test_where_a_long_span_has_hardly_any(self) -> None:
        assert self.two.leaves_out_speech(self.said(0, 4))

    def test_where_a_word_is_drawn_out(self) -> None:
        assert self.two.leaves_out_speech(
            [*self.said(0, 5), (5, 7.5, " on", 0.4), *self.said(7, 8)]
        )

    def test_not_where_a_short_span_has_none(self) -> None:
        chunk = Chunk(((0, 64_000), (160_000, 176_000)))

        assert not chunk.leaves_out_speech(self.said(0, 4))


class TestPieces:
    def test_are_two_seconds_or_more(self) -> None:
        spans = tuple((i * SECOND, i * SECOND + SECOND * 3 // 4) for i in range(12))

        pieces = Chunk(spans).pieces()

        assert [len(piece.spans) for piece in pieces] == [3, 3, 3, 3]
        assert tuple(span for piece in pieces for span in piece.spans) == spans

    def test_leave_no_short_rest(self) -> None:
        chunk = Chunk(((0, 4 * SECOND), (5 * SECOND, 6 * SECOND)))

        assert chunk.pieces() == [chunk]


class TestWords:
    def test_lie_where_their_span_does(self) -> None:
        chunk = Chunk(((SECOND, 2 * SECOND), (5 * SECOND, 6 * SECOND)))
        raw = [(0.25, 0.5, " one", 0.9), (1.25, 1.5, " two", 0.8)]

        words = list(chunk.words(raw, "en"))

        assert [(w.text, w.start_ms, w.end_ms) for w in words] == [
            ("one", 1250, 1500),
            ("two", 5250, 5500),
        ]

    def test_can_be_stored_though_the_engine_counts_in_numpy(self, tmp_path: Path) -> None:
        chunk = Chunk(((0, SECOND),))
        raw = [(np.float64(0.1), np.float64(0.5), " one", np.float64(0.91))]

        words = tuple(chunk.words(raw, "en"))
        dump(words, tmp_path)

        assert load(tuple[Word, ...], tmp_path) == words
