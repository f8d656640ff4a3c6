"""Hard cuts: pictures that change more than their neighbours do, looked at twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.engines.shots.compare import kept, mismatch
from pipeline.engines.shots.model import Logistic

if TYPE_CHECKING:
    from pipeline.engines.shots.strip import Film, Floats, Places, Strip

MIN_CHANGE = 3.0
"""Mean change at a candidate at least, 0..255: dark scenes differ by little."""
STANDS_OUT = 1.6
"""A candidate changes so many times more than the pictures around it."""
AROUND = 4
"""Distinct pictures before and after that tell how much the picture changes anyway."""
NEAR, FAR_MS = (1, 3, 6), 1500
"""Distinct pictures from a candidate, and ms, at which the old picture may be back."""

MODEL = Logistic(
    -3.70,
    {
        "stands_out": -0.14,
        "pattern": 0.87,
        "pattern_anyway": -6.49,
        "pattern_near": 0.26,
        "kept": -4.21,
        "never_back": 2.14,
        "stands_out_and_near": 2.95,
        "stands_out_and_never_back": 1.23,
    },
)
"""Fitted on composed clips; see decision 17."""


def candidates(film: Film) -> Places:
    """Return places in `film.distinct` whose change stands out."""
    changes = film.changes[film.distinct]
    calm = _usual(changes)
    changes = changes.copy()
    changes[0] = 0
    padded = np.pad(changes, 1)
    peak = (changes >= padded[:-2]) & (changes > padded[2:])
    return np.flatnonzero(peak & (changes >= MIN_CHANGE) & (changes >= STANDS_OUT * calm))


def features(film: Film, place: int, usual: Floats) -> dict[str, float]:
    """Return what tells a cut at `place` from movement, flashes, overlays and passing things."""
    before, after = _picture(film, place - 1), _picture(film, place)
    change = float(film.changes[film.distinct[place]])
    # Beyond these, more change says no more.
    stands_out = min(float(np.log(change / (usual[place] + 0.5))), 2.5)
    never_back = min(_back(film, place) / (change + 1), 1.0)
    anyway = max(
        mismatch(_picture(film, place - 2), before),
        mismatch(after, _picture(film, place + 1)),
    )
    near = min(
        mismatch(_picture(film, place - i), _picture(film, place + j - 1))
        for i in NEAR
        for j in NEAR
        if i + j > 2
    )
    return {
        "stands_out": stands_out,
        "pattern": mismatch(before, after),
        "pattern_anyway": anyway,
        "pattern_near": near,
        "kept": kept(before, after),
        "never_back": never_back,
        "stands_out_and_near": stands_out * near,
        "stands_out_and_never_back": stands_out * never_back,
    }


def usual(film: Film) -> Floats:
    """Return how much the picture changes anyway around each distinct one, 0..255."""
    return _usual(film.changes[film.distinct])


def _usual(changes: Floats) -> Floats:
    """Return the mean change around each picture, its own and the largest other left out."""
    padded = np.pad(changes, AROUND, mode="reflect") if len(changes) > AROUND else None
    if padded is None:
        return np.full(len(changes), float(np.median(changes)))
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1).copy()
    around[:, AROUND] = 0
    around.sort(axis=1)
    mean: Floats = around[:, 1:-1].mean(axis=1)
    return mean


def _picture(film: Film, place: int) -> Strip:
    place = min(max(place, 0), len(film.distinct) - 1)
    return np.ascontiguousarray(film.strip[film.distinct[place]])


def _back(film: Film, place: int) -> float:
    """Return the least mean change between a picture of before and one of after, 0..255.

    Not those next to the candidate, which made it one.
    """
    at = film.shown[place]
    first, last = np.searchsorted(film.shown, (at - FAR_MS, at + FAR_MS))
    before = _some(film, int(first), place - 1)
    after = _some(film, place + 1, int(last))
    if not len(before) or not len(after):
        return 255.0
    return float(np.abs(before[:, None] - after[None]).mean(axis=(2, 3, 4)).min())


def _some(film: Film, first: int, end: int) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Return up to twelve of the distinct pictures `first..end`."""
    if end <= first:
        return np.empty(0, np.int16)
    places = np.unique(np.linspace(first, end - 1, 12).astype(int))
    pictures: np.ndarray[Any, np.dtype[np.int16]] = film.strip[film.distinct[places]].astype(
        np.int16
    )
    return pictures
