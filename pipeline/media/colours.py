"""The colours of a thing, in few numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.media.pictures import Picture
    from pipeline.results import Box

_BINS = [8, 4, 4]
"""Of hue, saturation and value."""
_MARGIN = 0.15
"""Left out on each side of a box: more of that is ground than thing."""


def histogram(picture: Picture, box: Box) -> bytes:
    """Return the shares of 128 colours in the middle of a box of `picture`, (H, W, 3) uint8 BGR.

    A byte each, for a long video has a hundred thousand; empty where nothing of the box is seen.
    """
    height, width = picture.shape[:2]
    x, y, w, h = box
    left, right = round((x + _MARGIN * w) * width), round((x + (1 - _MARGIN) * w) * width)
    top, bottom = round((y + _MARGIN * h) * height), round((y + (1 - _MARGIN) * h) * height)
    part = picture[top : max(bottom, top + 1), left : max(right, left + 1)]
    if not part.size:
        return b""
    hsv = cv2.cvtColor(part, cv2.COLOR_BGR2HSV)
    counts = cv2.calcHist([hsv], [0, 1, 2], None, _BINS, [0, 180, 0, 256, 0, 256]).ravel()
    return bytes(np.uint8(255 * counts / counts.sum()))


def alike(ours: Sequence[bytes], theirs: Sequence[bytes]) -> float | None:
    """Return the share of colours that two things have in common, 0..1; None: one's are not known.

    Each is given by histograms of several pictures of it.
    """
    ours, theirs = list(filter(None, ours)), list(filter(None, theirs))
    if not ours or not theirs:
        return None
    return float(np.minimum(_mean(ours), _mean(theirs)).sum())


def _mean(histograms: Sequence[bytes]) -> np.ndarray[Any, np.dtype[np.float64]]:
    total = np.sum([np.frombuffer(h, np.uint8) for h in histograms], axis=0, dtype=np.float64)
    mean: np.ndarray[Any, np.dtype[np.float64]] = total / max(total.sum(), 1)
    return mean
