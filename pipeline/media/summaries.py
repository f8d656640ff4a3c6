"""Which sentences stand for the whole of a talk."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.media import terms
from pipeline.media.sentences import Sentence

Vectors = npt.NDArray[np.float32]

_FEWEST_WORDS, _MOST_WORDS = 5, 45
_A_SENTENCE_MS = 45_000
_MOST_SENTENCES = 20
_MOST_SHARE = 1 / 3
_OPENING = 0.15
"""What the first sentence of a chapter gains, and the second half of it, and so on."""
_QUESTION = 0.6
"""What is asked says less than what is told."""
_DANGLING = 0.8
"""What begins by pointing back is read without what it points at."""
_POINTING = frozenset([
    "it", "this", "that", "these", "those", "he", "she", "they", "so", "and", "but", "or", "because", "then",
])  # fmt: skip
_ALIKE = 0.6
"""How much likeness to what is chosen already takes away."""
_BLOCK = 512


def length(count: int, duration_ms: int) -> int:
    """Return how many of `count` sentences a summary of such a talk has: one for 45 s, 1..20."""
    wanted = min(max(1, round(duration_ms / _A_SENTENCE_MS)), _MOST_SENTENCES)
    return max(1, min(wanted, int(count * _MOST_SHARE)))


def choose(
    sentences: Sequence[Sentence], vectors: Vectors, starts: Sequence[int], most: int
) -> list[tuple[int, float]]:
    """Return up to `most` places of sentences, ascending, each with its score, 0..1.

    `vectors` has a row of length 1 or 0 a sentence; `starts` are the places at which chapters
    begin, the first 0. A sentence's score is its degree in the graph of likeness (LexRank, Erkan
    and Radev, 2004) within its chapter, by trust, place and form. Each chapter has a sentence
    before any has a second one; where there are more chapters than sentences, the longest ones.
    """
    scores = np.zeros(len(sentences))
    chapter_of = np.zeros(len(sentences), int)
    for number, (first, last) in enumerate(pairwise([*starts, len(sentences)])):
        chapter_of[first:last] = number
        central = _degrees(vectors[first:last])
        opening = [_OPENING * 0.5**i for i in range(min(last - first, 50))]
        central[: len(opening)] += opening
        scores[first:last] = central * [_form(one) for one in sentences[first:last]]
    sizes = np.bincount(chapter_of, minlength=len(starts))
    return _picked(scores, vectors, chapter_of, sizes, most)


def _picked(
    scores: npt.NDArray[np.float64],
    vectors: Vectors,
    chapter_of: npt.NDArray[np.int_],
    sizes: npt.NDArray[np.int_],
    most: int,
) -> list[tuple[int, float]]:
    picked: list[int] = []
    taken = np.zeros(len(sizes), int)
    near = np.zeros(len(scores))
    left = scores > 0
    while len(picked) < most and left.any():
        # The chapter of which most is untold has the next sentence.
        due = np.where(np.bincount(chapter_of, left, len(sizes)) > 0, sizes / (1 + taken) ** 3, -1)
        value = np.where(
            left & (chapter_of == int(np.argmax(due))), scores * (1 - _ALIKE * near), -1
        )
        best = int(np.argmax(value))
        picked.append(best)
        left[best] = False
        taken[chapter_of[best]] += 1
        near = np.maximum(near, np.clip(vectors @ vectors[best], 0, 1))
    return [(place, round(float(min(scores[place], 1.0)), 3)) for place in sorted(picked)]


def _degrees(vectors: Vectors) -> npt.NDArray[np.float64]:
    """Return each row's mean likeness to the others, 0..1, as a share of the highest."""
    degrees = np.zeros(len(vectors))
    for first in range(0, len(vectors), _BLOCK):
        alike = np.clip(vectors[first : first + _BLOCK] @ vectors.T, 0, None)
        degrees[first : first + _BLOCK] = alike.sum(axis=1)
    degrees -= np.einsum("ij,ij->i", vectors, vectors)
    highest = degrees.max(initial=0.0)
    return degrees / highest if highest > 0 else np.ones(len(vectors))


def _form(sentence: Sentence) -> float:
    """Return how well a sentence stands by itself, by its looks, and how far it is to be trusted."""
    words = terms.words(sentence.text)
    if any(terms.unspaced(word) for word in words):
        return sentence.weight if len(sentence.text) >= 2 * _FEWEST_WORDS else 0.0
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS:
        return 0.1 * sentence.weight if words else 0.0
    form = _DANGLING if words[0].casefold() in _POINTING else 1.0
    return form * (_QUESTION if sentence.text.endswith("?") else 1.0) * sentence.weight
