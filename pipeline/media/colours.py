"""The colours of a thing, in few numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.media.pictures import Picture
    from pipeline.results import Box

_BINS = [6, 3, 4]
"""Of hue, saturation and value."""
_ASIDE = 0.2
"""Left out at each side of a box: more of that is ground than thing."""
_HALVES = (0.1, 0.5), (0.5, 0.9)
"""From where to where they reach down the box. Trousers are no jacket: told apart, two persons of a
crowd are half as often alike as by the colours of the whole box."""


def histogram(picture: Picture, box: Box) -> bytes:
    """Return the shares of 72 colours in each half of a box of `picture`, (H, W, 3) uint8 BGR.

    A byte each, for a long video has a hundred thousand; empty where a half is out of sight.
    """
    height, width = picture.shape[:2]
    x, y, w, h = box
    left, right = round((x + _ASIDE * w) * width), round((x + (1 - _ASIDE) * w) * width)
    shares = []
    for begin, end in _HALVES:
        top, bottom = round((y + begin * h) * height), round((y + end * h) * height)
        part = picture[top : max(bottom, top + 1), left : max(right, left + 1)]
        if not part.size:
            return b""
        hsv = cv2.cvtColor(part, cv2.COLOR_BGR2HSV)
        counts = cv2.calcHist([hsv], [0, 1, 2], None, _BINS, [0, 180, 0, 256, 0, 256]).ravel()
        shares.append(counts / counts.sum())
    return bytes(np.uint8(255 * np.concatenate(shares)))


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
