"""Finds the picture at which a text comes or goes, in the strip of every picture."""

import numpy as np
import numpy.typing as npt

from pipeline.results import Box

Strip = npt.NDArray[np.uint8]
Times = npt.NDArray[np.int64]

COMING = 0.2
"""Share of the change that has happened when a fading text counts as shown."""
FAINT = 4.0
"""Root mean square change, 0..255, below which the strip cannot tell."""


def turning_ms(strip: Strip, times: Times, box: Box, *, absent_ms: int, seen_ms: int) -> int | None:
    """Return when the text in `box`, absent at one time, seen at the other, came or went.

    `strip` is (n, 27, 48, 3) uint8, `times` (n,) int64 ms, as in `Frames`. The answer is the time
    of the first picture with the text (if `absent_ms` is the earlier) or without it; None where
    the strip's cells barely change.
    """
    low, high = sorted((absent_ms, seen_ms))
    first, last = (int(np.searchsorted(times, at)) for at in (low, high))
    last = min(last, len(times) - 1)
    if last - first < 2:
        return None
    comes = absent_ms < seen_ms
    cells = _cells(strip[first : last + 1], box)
    if not comes:
        cells = cells[::-1]
    before, after = cells[:2].mean(axis=0), cells[-2:].mean(axis=0)
    step = after - before
    size = float(step @ step)
    if (size / len(step)) ** 0.5 < FAINT:
        return None
    progress = (cells - before) @ step / size
    turn = int(np.argmax(progress >= COMING))
    return int(times[first + turn] if comes else times[last - turn + 1 if turn else last])


def _cells(strip: Strip, box: Box) -> npt.NDArray[np.float32]:
    """Return the strip's cells under the box, (pictures, values) float32."""
    rows, columns = strip.shape[1:3]
    x, y, width, height = box
    left, right = int(x * columns), max(int(np.ceil((x + width) * columns)), 1)
    top, bottom = int(y * rows), max(int(np.ceil((y + height) * rows)), 1)
    part = strip[:, min(top, rows - 1) : bottom, min(left, columns - 1) : right]
    return part.reshape(len(strip), -1).astype(np.float32)
