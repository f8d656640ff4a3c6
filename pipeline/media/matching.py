"""Where two videos show the same: runs of pictures that are alike at one distance in time.

A picture alone proves little: of a camera that stands still all are alike, and title cards are in
thousands of videos. What counts is that both *change* alike. So a run's pictures are compared as
they lie, and shifted against each other: only where shifting makes them much less alike, they are
the same at that distance, and at no other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.results.signatures import HASH_BYTES, PICTURE_EVERY_MS, Signature

Steps = np.ndarray[Any, np.dtype[np.uint8]]
"""`(steps, HASH_BYTES)` uint8: a hash every `PICTURE_EVERY_MS`, zeros where there is none."""

LIKE = 80
"""Bits of 256 by which the pictures of a run differ at most. Unrelated ones differ by 128 ± 8;
fast motion, seen an eighth of a second apart, by up to this."""
LONGEST_GAP = 4
"""Steps that are not alike, or have no signature, inside a run at most."""
LEAST_STEPS = 8
"""Of a run. Shorter ones are no proof, and hardly of use."""
NEAREST_SHIFT = 4
"""Steps: what moves slowly is alike half a second later, too."""
SHIFTS, PLACES = 12, 500
"""How many shifts are tried, at how many pictures each, however long a run is."""
LEAST_VARIATION = 10.0
"""Bits by which shifted pictures differ on average at least: with less, it is a still picture."""
LEAST_CONFIDENCE = 0.4
"""Wrong runs reached 0.22 on all pairs tried, right ones began at 0.54 (decision 21)."""


@dataclass(frozen=True)
class Run:
    """What two videos share; in steps of `PICTURE_EVERY_MS`."""

    start: int
    other_start: int
    steps: int
    confidence: float
    """0..1: how much more alike the pictures are as they lie than shifted."""
    strength: float
    """How much is alike at this distance in all. Orders runs: of two that claim the same pictures
    the stronger is right, though a gap may divide it where the weaker has none."""

    def overlaps(self, run: "Run") -> bool:
        """Whether both share more than half of the shorter one's time, on both sides."""
        half = min(self.steps, run.steps) / 2
        return all(
            min(a + self.steps, b + run.steps) - max(a, b) > half
            for a, b in ((self.start, run.start), (self.other_start, run.other_start))
        )


def steps(signatures: Sequence[Signature], *, mirrored: bool = False) -> Steps:
    """Return the pictures of `signatures` at their places in time."""
    last = max((one.end_ms for one in signatures), default=0)
    placed = np.zeros((-(-last // PICTURE_EVERY_MS), HASH_BYTES), np.uint8)
    for one in signatures:
        hashes = np.frombuffer(one.mirrored if mirrored else one.pictures, np.uint8)
        start = one.start_ms // PICTURE_EVERY_MS
        placed[start : start + len(hashes) // HASH_BYTES] = hashes.reshape(-1, HASH_BYTES)
    return placed


def find_runs(own: Steps, other: Steps, distances: Sequence[int]) -> list[Run]:
    """Return what both show, strongest first, at these distances: steps from `own` to `other`."""
    found = [run for distance in distances for run in _runs(own, other, distance)]
    kept: list[Run] = []
    for run in sorted(found, key=lambda run: run.strength, reverse=True):
        if not any(run.overlaps(stronger) for stronger in kept):
            kept.append(run)
    return kept


def _runs(own: Steps, other: Steps, distance: int) -> Iterator[Run]:
    start = max(0, -distance)
    steps = min(len(own) - start, len(other) - start - distance)
    if steps < LEAST_STEPS:
        return
    mine, theirs = own[start : start + steps], other[start + distance : start + distance + steps]
    differing = _differing(mine, theirs)
    alike = np.flatnonzero(differing <= LIKE)
    strength = float((LIKE - differing[alike]).sum())
    for run in np.split(alike, np.flatnonzero(np.diff(alike) > LONGEST_GAP + 1) + 1):
        if len(run) < LEAST_STEPS:
            continue
        span = slice(int(run[0]), int(run[-1]) + 1)
        confidence = _confidence(mine[span], theirs[span], float(np.nanmean(differing[span])))
        if confidence >= LEAST_CONFIDENCE:
            yield Run(
                start=start + span.start,
                other_start=start + distance + span.start,
                steps=span.stop - span.start,
                confidence=confidence,
                strength=strength,
            )


def _confidence(mine: Steps, theirs: Steps, differing: float) -> float:
    shifts = np.unique(np.linspace(NEAREST_SHIFT, len(mine) - 1, SHIFTS).astype(int))
    shifted = np.concatenate([part for shift in shifts for part in _shifted(mine, theirs, shift)])
    if np.isnan(shifted).all():
        return 0.0
    variation = float(np.nanmean(shifted))
    return 1 - differing / variation if variation >= LEAST_VARIATION else 0.0


def _shifted(mine: Steps, theirs: Steps, shift: int) -> Iterator[np.ndarray[Any, Any]]:
    """Yield by how many bits pictures differ that lie `shift` steps apart, either way."""
    last = len(mine) - shift - 1
    places = np.unique(np.linspace(0, last, min(last + 1, PLACES)).astype(int))
    yield _differing(mine[places + shift], theirs[places])
    yield _differing(mine[places], theirs[places + shift])


def _differing(mine: Steps, theirs: Steps) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return by how many bits pictures differ, step by step; NaN where one has no signature."""
    a, b = mine.view(np.uint64), theirs.view(np.uint64)  # eight bytes at once
    bits = np.bitwise_count(a ^ b).sum(axis=1, dtype=np.int64).astype(np.float64)
    return np.where(a.any(axis=1) & b.any(axis=1), bits, np.nan)
