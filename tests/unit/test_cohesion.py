"""Turns of matter, on vectors whose matter is known."""

import numpy as np
import pytest

from pipeline.media import cohesion
from tests import talk


def matters(*lengths: int) -> cohesion.Vectors:
    """Return rows of length 1: so many alike, then so many that are alike but unlike those."""
    chance = np.random.default_rng(1)
    rows = []
    for place, length in enumerate(lengths):
        for _ in range(length):
            row = chance.normal(0, 0.1, 32)
            row[place] += 1
            rows.append(row / np.linalg.norm(row))
    return np.asarray(rows, np.float32)


def turns(vectors: cohesion.Vectors, *, least_ms: int = 1, cost: float = 1.0) -> list[int]:
    count = len(vectors)
    starts = [1000 * i for i in range(count)]
    found = cohesion.split(vectors, starts, [cost] * count, 1000 * count, least_ms)
    assert found[0].first == 0 and found[-1].last == count
    assert [s.last for s in found[:-1]] == [s.first for s in found[1:]]
    assert found[0].confidence is None
    assert all(s.confidence is not None and 0 < s.confidence < 1 for s in found[1:])
    return [s.first for s in found[1:]]


class TestSplit:
    def test_finds_where_the_matter_changes(self) -> None:
        assert turns(matters(5, 7, 4)) == [5, 12]

    def test_leaves_one_matter_whole(self) -> None:
        assert turns(matters(20)) == []
        assert turns(matters(1)) == []

    def test_makes_none_shorter_than_asked_for(self) -> None:
        assert turns(matters(5, 2, 5), least_ms=3000) != turns(matters(5, 2, 5)) == [5, 7]

    def test_asks_more_of_a_dearer_turn(self) -> None:
        assert turns(matters(3, 3), cost=5) == []

    def test_prefers_the_cheaper_of_two_places(self) -> None:
        vectors = matters(5, 5)
        vectors[5] = (vectors[0] + vectors[9]) / np.linalg.norm(vectors[0] + vectors[9])
        costs = [1.0] * 10
        costs[6] = 0.7

        found = cohesion.split(vectors, [1000 * i for i in range(10)], costs, 10_000, 1)

        assert [s.first for s in found] == [0, 6]

    def test_takes_a_talk_of_half_a_day(self) -> None:
        assert len(turns(matters(5000, 5000), cost=50)) == 1


class TestByWords:
    @pytest.mark.parametrize("language", ["de", "es", "xx"])
    def test_is_near_where_words_are_shared(self, language: str) -> None:
        texts = talk.sentences_of("de", "bienen") + talk.sentences_of("de", "bahn")

        alike = (vectors := cohesion.by_words(texts, [language] * len(texts))) @ vectors.T

        assert alike[:7, :7].mean() > 2 * alike[:7, 7:].mean()

    @pytest.mark.parametrize("text", ["", "…", "und", "漢字と仮名", "สวัสดีครับ", "\x00🙂"])
    def test_takes_any_text(self, text: str) -> None:
        vectors = cohesion.by_words([text, "Haus"], ["zh", "de"])

        assert np.isfinite(vectors).all()
        assert np.linalg.norm(vectors, axis=1).max() <= 1.001
