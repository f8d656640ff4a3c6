"""Tells whether two tiny pictures show one scene, though things in it, or the camera, moved."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    from pipeline.engines.shots.strip import Strip

ROWS, COLUMNS = 3, 6
"""Blocks that are looked for in the other picture."""
REACH = 5
"""Cells that a block may have moved by: a tenth of the width."""
FLAT = 6.0
"""Contrast of a block that noise and compression make of a flat one, 0..128."""
UNCHANGED = 6
"""A cell that changes less goes on, 0..255."""
TEXTURE = 16
"""Contrast with its neighbours from which a cell can be told from another, 0..255."""
ENOUGH = 0.03
"""Share of the picture that must have texture for it to tell anything."""


def mismatch(a: Strip, b: Strip) -> float:
    """Return how much of the pattern of `a` is found nowhere near in `b`; light does not count.

    0 where each block has its like, about 0.5 where none has: smooth ones are all a little alike.
    """
    height, width = a.shape[:2]
    padded = cv2.copyMakeBorder(b, REACH, REACH, REACH, REACH, cv2.BORDER_REPLICATE)
    rows = np.linspace(0, height, ROWS + 1).astype(int).tolist()
    columns = np.linspace(0, width, COLUMNS + 1).astype(int).tolist()
    unlike, weights = [], []
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            block = np.ascontiguousarray(a[top:bottom, left:right])
            field = padded[top : bottom + 2 * REACH, left : right + 2 * REACH]
            likeness = float(cv2.matchTemplate(field, block, cv2.TM_CCOEFF_NORMED).max())
            spread = float(block.std(axis=(0, 1)).mean())
            unlike.append(1 - min(max(likeness, 0.0), 1.0))
            weights.append(spread / (spread + FLAT) + 0.01)
    return float(np.average(unlike, weights=weights))


def kept(before: Strip, after: Strip) -> float:
    """Return the share of the textured picture that stays as it is, 0..1.

    Flat cells may agree by chance: two shots before one wall.
    """
    same = cv2.absdiff(before, after).max(axis=2) <= UNCHANGED
    textured = (_texture(before) > TEXTURE) & (_texture(after) > TEXTURE)
    return float(same[textured].mean()) if textured.mean() >= ENOUGH else 0.0


def _texture(picture: Strip) -> Strip:
    """Return each cell's contrast with its eight neighbours, 0..255."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    square = np.ones((3, 3), np.uint8)
    return cast("Strip", cv2.subtract(cv2.dilate(grey, square), cv2.erode(grey, square)))
