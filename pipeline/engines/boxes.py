"""How the boxes of detectors are told."""

from typing import Any

import numpy as np

from pipeline.results import Box


def within(box: np.ndarray[Any, np.dtype[np.floating[Any]]], width: int, height: int) -> Box:
    """Return the part of a box that lies inside of a picture: x, y, w, h in 0..1, to four digits.

    `box`: (4,) x, y, w, h in pixels of that picture; it may reach beyond, or lie outside.
    """
    corners = np.concatenate([box[:2], box[:2] + box[2:]]) / (width, height, width, height)
    left, top, right, bottom = corners.astype(np.float64).clip(0, 1).round(4).tolist()
    return left, top, round(right - left, 4), round(bottom - top, 4)
