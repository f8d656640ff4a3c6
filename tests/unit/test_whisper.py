"""The engine's words on the timeline."""

from pathlib import Path

import numpy as np

from pipeline.engines.whisper import Chunk
from pipeline.results import Word, dump, load

SECOND = 16_000


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
