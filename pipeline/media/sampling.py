"""Chooses which pictures are worth keeping, by looking at the tiny strip pictures only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from pipeline.media.pictures import Picture

CUT = 30.0
"""Mean change from one picture to the next, 0..255, that looks like a hard cut."""


@dataclass(frozen=True)
class Sampling:
    """How pictures are chosen, and kept as JPEGs. Times in ms."""

    min_gap_ms: int
    """They lie at least this far apart, half of it after a hard cut while the budget allows it."""
    max_gap_ms: int | None
    """A picture that stands still is taken again after this time; None: it is not."""
    changed: float
    """Largest change of a spot of 3 by 1 strip cells, 0..255, that makes it another picture."""
    most: int
    """In longer media the gaps grow, so that these are enough."""
    max_side: int
    """Pixels of the longer side at most."""
    quality: int


def change(before: Picture, after: Picture) -> tuple[float, float]:
    """Return (largest local, mean) change between two strip pictures, both 0..255.

    Local change finds a small title that the mean would miss. Titles are wide, so averaging
    three cells of a row keeps them and takes noise away.
    """
    cells = cv2.absdiff(before, after).max(axis=2)
    return float(cv2.blur(cells, (3, 1)).max()), float(cells.mean())


class Sampler:
    """Tells for each picture in turn whether it shall be kept as a sample."""

    def __init__(self, sampling: Sampling, duration_ms: int) -> None:
        self._most, self._changed = sampling.most, sampling.changed
        # Long media: gaps grow, so that the samples fit.
        self._share_ms = -(-duration_ms // sampling.most)
        self._min_gap_ms = max(sampling.min_gap_ms, self._share_ms)
        self._max_gap_ms = sampling.max_gap_ms and max(sampling.max_gap_ms, self._min_gap_ms)
        self._taken = 0
        self._taken_ms = 0
        self._sample: Picture | None = None
        self._previous: Picture | None = None

    def wants(self, at_ms: int, tiny: Picture) -> bool:
        """Tell whether the picture shown at `at_ms`, `tiny` in the strip, is to be kept."""
        wanted = self._taken < self._most and self._is_due(at_ms, tiny)
        if wanted:
            self._sample, self._taken_ms = tiny, at_ms
            self._taken += 1
        self._previous = tiny
        return wanted

    def _is_due(self, at_ms: int, tiny: Picture) -> bool:
        if self._sample is None or self._previous is None:
            return True
        gap = at_ms - self._taken_ms
        if self._max_gap_ms and gap >= self._max_gap_ms:
            return True
        if gap >= self._min_gap_ms:
            return change(self._sample, tiny)[0] >= self._changed
        # A new shot gets its picture at once, short of flicker, if enough are left for the rest.
        if gap < self._min_gap_ms // 2 or self._taken * self._share_ms > at_ms:
            return False
        return change(self._previous, tiny)[1] >= CUT
