"""Where a talk turns to another matter: sentences as vectors, cut where that explains them best."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.media import terms

Vectors = npt.NDArray[np.float32]

_BUCKETS = 1024
"""Of the hashed vocabulary."""
_MOST_UNITS = 1_500
"""The table of all stretches has the square of it: of a longer talk neighbours go together."""


@dataclass(frozen=True)
class Stretch:
    """Sentences `first` to `last`, exclusive, on one matter."""

    first: int
    last: int
    confidence: float | None
    """How much the cut at its start explains, 0..1; None for the first."""


def by_words(texts: Sequence[str], languages: Sequence[str]) -> Vectors:
    """Return (n, 1024) float32, rows of length 1 or 0: which telling words each text has, by rarity.

    `languages` has one a text. Words share places by chance (feature hashing, Weinberger et al.,
    2009).
    """
    counts = [Counter(terms.stems(*one)) for one in zip(texts, languages, strict=True)]
    spread = Counter(stem for count in counts for stem in count)
    vectors = np.zeros((len(texts), _BUCKETS), np.float32)
    for row, count in enumerate(counts):
        for stem, times in count.items():
            rarity = np.log((1 + len(texts)) / spread[stem])
            vectors[row, zlib.crc32(stem.encode()) % _BUCKETS] += times * rarity
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def split(
    vectors: Vectors, starts_ms: Sequence[int], costs: Sequence[float], end_ms: int, least_ms: int
) -> list[Stretch]:
    """Return stretches of at least `least_ms` that tile the sentences.

    `vectors` are (n, d), a row of length 1 a sentence; `costs` is what a cut before each sentence
    costs. A stretch costs the squared distances of its sentences from their mean: those are kernel
    change points (Arlot, Celisse and Harchaoui, 2019) under the cosine, found exactly by dynamic
    programming.
    """
    bounds = _units(len(vectors))
    table = _scatter(vectors, bounds)
    at_ms = np.array([*starts_ms, end_ms])[bounds]
    at_ms[0] = 0
    best, come = np.full(len(bounds), np.inf), np.zeros(len(bounds), int)
    best[0] = 0.0
    for last in range(1, len(bounds)):
        opening = np.array([0.0, *(costs[bounds[i]] for i in range(1, last))])
        total = best[:last] + opening + table[:last, last]
        total[at_ms[last] - at_ms[:last] < least_ms] = np.inf
        come[last] = int(np.argmin(total))
        best[last] = total[come[last]]
    if not np.isfinite(best[-1]):
        return [Stretch(0, len(vectors), None)]
    cuts = [len(bounds) - 1]
    while cuts[-1]:
        cuts.append(int(come[cuts[-1]]))
    return _stretches(cuts[::-1], bounds, table, costs)


def _stretches(
    cuts: Sequence[int], bounds: Sequence[int], table: Vectors, costs: Sequence[float]
) -> list[Stretch]:
    found = [Stretch(0, bounds[cuts[1]], None)]
    for before, (first, last) in zip(cuts, pairwise(cuts[1:]), strict=False):
        gain = float(table[before, last] - table[before, first] - table[first, last])
        cost = costs[bounds[first]]
        found.append(Stretch(bounds[first], bounds[last], round(gain / (gain + cost), 3)))
    return found


def _units(count: int) -> list[int]:
    """Return where the units begin that stretches are made of, and the end."""
    step = -(-count // _MOST_UNITS)
    return [*range(0, count, step), count]


def _scatter(vectors: Vectors, bounds: Sequence[int]) -> Vectors:
    """Return (m, m) float32: squared distances from their mean, of the sentences between two bounds."""
    sums = np.vstack([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0, dtype=float)])
    sums = sums[list(bounds)]
    squares = (sums**2).sum(axis=1)
    whole = np.maximum(squares[None, :] + squares[:, None] - 2 * sums @ sums.T, 0)
    places = np.array(bounds)
    counts = np.maximum(places[None, :] - places[:, None], 1)
    norms = np.cumsum([0.0, *(vectors.astype(float) ** 2).sum(axis=1)])[list(bounds)]
    inside = norms[None, :] - norms[:, None] - whole / counts
    return np.asarray(np.triu(inside), np.float32)
