"""The strip of tiny pictures: which of them are new, how much they change, where they are flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Strip = np.ndarray[Any, np.dtype[np.uint8]]
"""`(pictures, 27, 48, 3)` uint8 BGR."""
Times = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Places = np.ndarray[Any, np.dtype[np.intp]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

BLOCK = 1024
DARK = 24
"""Cells that never get lighter than this are black bars, 0..255."""

REPEATED = 1.0
"""Mean change of a repeated picture at most, 0..255; encoders don't repeat exactly."""
REPEATED_SHARE = 0.35
"""A repeated picture changes by less than this share of what its neighbours do."""
LONGEST_REPEAT = 4
"""More equal pictures in a row are a still, and stills are left as they are."""


@dataclass(frozen=True)
class Film:
    """A video as shot detection sees it."""

    strip: Strip
    """Without black bars."""
    times: Times
    """When each picture is shown, ms."""
    changes: Floats
    """Mean BGR change of each picture from the one before, 0..255; 255 for the first."""
    contrasts: Floats
    """Standard deviation of each picture's grey, 0..128: near 0 where it is black or flat."""
    distinct: Places
    """Pictures that do not merely repeat their forerunner."""
    shown: Times
    """When those are shown, ms."""


def read(strip: Strip, times: Times, report: Callable[[float], None]) -> Film:
    """Look once at every picture, a block at a time."""
    lit = without_bars(strip)
    changes, contrasts = np.full(len(lit), 255.0), np.zeros(len(lit))
    for start in range(0, len(lit), BLOCK):
        block = lit[max(start - 1, 0) : start + BLOCK].astype(np.int16)
        grey = block[-len(lit[start : start + BLOCK]) :].sum(axis=3, dtype=np.float32) / 3
        contrasts[start : start + BLOCK] = grey.std(axis=(1, 2))
        first = max(start, 1)
        changes[first : start + BLOCK] = np.abs(np.diff(block, axis=0)).mean(axis=(1, 2, 3))
        report(start / len(lit))
    distinct = np.flatnonzero(~repeated(changes))
    return Film(lit, times, changes, contrasts, distinct, times[distinct])


def without_bars(strip: Strip) -> Strip:
    """Return a view without the rows and columns at the edges that always stay black."""
    lightest = strip[:: max(1, len(strip) // 500)].max(axis=(0, 3)) > DARK
    rows, columns = np.flatnonzero(lightest.any(axis=1)), np.flatnonzero(lightest.any(axis=0))
    if len(rows) < 9 or len(columns) < 12:
        return strip
    return strip[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def repeated(changes: Floats) -> Mask:
    """Tell which pictures merely repeat their forerunner to fill a higher frame rate.

    `changes`: mean change from the picture before, 0..255, one for each picture.
    """
    count = len(changes)
    padded = np.pad(changes, 6, mode="edge")
    around = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 13)[:count], axis=1)
    # The usual movement nearby: the largest value may be a cut.
    movement = around[:, -4:-1].mean(axis=1)
    same: Mask = (changes < REPEATED) & (changes < REPEATED_SHARE * movement)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], same.view(np.int8), [0]))))
    for start, end in edges.reshape(-1, 2):
        if end - start > LONGEST_REPEAT:
            same[start:end] = False
    same[0] = False
    return same
