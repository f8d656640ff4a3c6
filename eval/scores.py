"""Counts that add up over cases, and the figures that follow from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

import numpy as np

Found = TypeVar("Found")
There = TypeVar("There")

STANDS_FOR_MS = 500
"""A picture that was looked at stands for what is shown this long before and after it."""


@dataclass(frozen=True)
class Tally:
    """What was found against what there is, of one case or of several."""

    found: int = 0
    right: int = 0
    """How much of what was found is true."""
    there: int = 0
    hit: int = 0
    """How much of what there is was found."""
    also: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Further ratios by their names: dividend and divisor, each adding up over cases."""
    p95: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """Figures by their names, a value a thing: of all of them the 95th percentile is told."""
    most: dict[str, float] = field(default_factory=dict)
    """Figures by their names, of which the largest of all cases is told."""

    def __add__(self, other: "Tally") -> "Tally":
        also = dict(self.also)
        for name, (dividend, divisor) in other.also.items():
            a, b = also.get(name, (0, 0))
            also[name] = (a + dividend, b + divisor)
        names = {**self.p95, **other.p95}
        most = dict(self.most)
        for name, value in other.most.items():
            most[name] = max(most.get(name, value), value)
        return Tally(
            self.found + other.found,
            self.right + other.right,
            self.there + other.there,
            self.hit + other.hit,
            also,
            {name: self.p95.get(name, ()) + other.p95.get(name, ()) for name in names},
            most,
        )

    @property
    def precision(self) -> float | None:
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.hit / self.there if self.there else None

    @property
    def f1(self) -> float | None:
        """None where nothing is there and nothing was found."""
        if not self.found and not self.there:
            return None
        precision, recall = self.precision or 0.0, self.recall or 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    def ratios(self) -> dict[str, float | None]:
        """Return `also`, `p95` and `most`, as numbers by their names; None: of nothing."""
        ratios = {name: a / b if b else None for name, (a, b) in self.also.items()}
        p95 = {
            f"p95 {name}": float(np.percentile(values, 95)) if values else None
            for name, values in self.p95.items()
        }
        return ratios | p95 | self.most


@dataclass(frozen=True)
class Looked:
    """How much of the media a stage looked at."""

    media_ms: int
    covered_ms: int
    largest_gap_ms: int
    """Between two pictures that it looked at, or before the first or after the last."""

    def __add__(self, other: "Looked") -> "Looked":
        return Looked(
            self.media_ms + other.media_ms,
            self.covered_ms + other.covered_ms,
            max(self.largest_gap_ms, other.largest_gap_ms),
        )


def looked(at_ms: Sequence[int] | None, media_ms: int) -> Looked:
    """Return what looking at the pictures shown at `at_ms` covers; None: no moment was missed."""
    if at_ms is None:
        return Looked(media_ms, media_ms, 0)
    covered = until = 0
    for at in sorted(at_ms):
        start, end = max(at - STANDS_FOR_MS, until), min(at + STANDS_FOR_MS, media_ms)
        covered += max(end - start, 0)
        until = max(until, end)
    bounds = [0, *sorted(at_ms), media_ms]
    return Looked(media_ms, covered, max(b - a for a, b in pairwise(bounds)))


def tally(
    found: Sequence[Found],
    there: Sequence[There],
    fits: Callable[[Found, There], bool],
    also: dict[str, tuple[float, float]] | None = None,
) -> Tally:
    """Count what fits; several findings may fit one thing: say in `also` how many it takes."""
    return Tally(
        found=len(found),
        right=sum(any(fits(one, real) for real in there) for one in found),
        there=len(there),
        hit=sum(any(fits(one, real) for one in found) for real in there),
        also=also or {},
    )


def paired(
    found: Sequence[Found], there: Sequence[There], fits: Callable[[Found, There], bool]
) -> Tally:
    """Count what fits one to one, each finding in turn taking the first thing that is left."""
    left = list(there)
    for one in found:
        mate = next((real for real in left if fits(one, real)), None)
        if mate is not None:
            left.remove(mate)
    hits = len(there) - len(left)
    return Tally(len(found), hits, len(there), hits)


def overlap_ms(a: tuple[int, int], b: tuple[int, int]) -> int:
    """Return how long two spans have in common."""
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))
