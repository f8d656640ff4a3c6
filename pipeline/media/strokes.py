"""Follows a text through pictures by its strokes, without reading it.

A title's strokes are sharp, and stay while the picture behind them moves, so the normalised
correlation of gradient magnitudes says whether they are still there. It does not depend on
contrast: a title half faded in still correlates.
"""

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.media.pictures import Picture
from pipeline.media.text_lines import PixelBox

Strokes = npt.NDArray[np.float32]

SHRINK = 2
"""Strokes are measured in the picture shrunk by this: it halves noise, and quarters the work.
`pictures.read_half_bgr` shrinks as much."""
LOCAL = 15
"""Strokes are taken relative to their mean in a square of so many shrunk pixels."""
SLACK = 6
"""How far, in shrunk pixels, a text counts as standing still."""
NEAR = 64
"""How far, in shrunk pixels, a text is searched for that moves neither along its row nor column."""
STANDS, MOVES, ASLANT = 0.55, 0.7, 0.6
"""Least correlation of a text that stands still, of one searched along its row or column,
and of one that moves aslant."""
PART, MAX_PARTS, PART_STANDS = 1, 4, 0.4
"""Each part of the line, so many heights wide, must correlate this much by itself."""


def shrunk(picture: Picture) -> Picture:
    """Return the picture, (H, W, 3) uint8, shrunk by `SHRINK`."""
    small = cv2.resize(picture, None, fx=1 / SHRINK, fy=1 / SHRINK, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def edges(small: Picture) -> Strokes:
    """Return the steepest channel's gradient of a picture shrunk by `SHRINK`, (h, w, 3) uint8 BGR.

    The result is (h, w) float32, 0..1500.
    """
    steepest = np.zeros(small.shape[:2], np.float32)
    for channel in cv2.split(small):  # green on red may be as bright as the red
        across, down = cv2.Sobel(channel, cv2.CV_32F, 1, 0), cv2.Sobel(channel, cv2.CV_32F, 0, 1)
        np.maximum(steepest, cv2.magnitude(across, down), out=steepest)
    return steepest


def strokes(edges: Strokes) -> Strokes:
    """Return the edges less their local mean, about -300..1500.

    Any two texts have the outline of a line in common; what remains tells them apart.
    """
    return edges - cv2.blur(edges, (LOCAL, LOCAL))


def cut_out(field: Strokes, box: PixelBox) -> Strokes:
    """Return a copy of the strokes inside `box`, given in pixels of the picture."""
    x, y, width, height = (side // SHRINK for side in box)
    return field[y : y + max(height, 1), x : x + max(width, 1)].copy()


def follow(
    text: Strokes,
    box: PixelBox,
    field: Strokes,
    *,
    shifts: Iterable[tuple[int, int]],
    may_move: bool,
) -> PixelBox | None:
    """Return where the text that stood at `box` is in `field`, None where it is gone.

    `shifts`: how much else in the picture has moved, pixels right and down.
    """
    x, y = box[0] // SHRINK, box[1] // SHRINK
    height, width = text.shape
    near = [(0, 0), *((dx // SHRINK, dy // SHRINK) for dx, dy in shifts if may_move)]
    found = max(
        _search(
            text,
            field,
            x + dx - SLACK,
            y + dy - SLACK,
            x + dx + width + SLACK,
            y + dy + height + SLACK,
        )
        for dx, dy in near
    )
    if found[0] < STANDS and may_move:
        rows, columns = field.shape
        found = max(
            _search(text, field, 0, y - SLACK, columns, y + height + SLACK),
            _search(text, field, x - SLACK, 0, x + width + SLACK, rows),
        )
        if found[0] < MOVES:
            found = _search(text, field, x - NEAR, y - NEAR, x + width + NEAR, y + height + NEAR)
            if found[0] < ASLANT:
                return None
    elif found[0] < STANDS:
        return None
    _, left, top = found
    if not _whole(text, field[top : top + height, left : left + width]):
        return None
    return left * SHRINK, top * SHRINK, box[2], box[3]


def _whole(text: Strokes, there: Strokes) -> bool:
    """Tell whether all of the text is there: "Step 5: plan" must not pass for "Step 5: test"."""
    height, width = text.shape
    parts = min(max(width // (PART * height), 1), MAX_PARTS)
    return all(
        float(cv2.matchTemplate(b, a, cv2.TM_CCOEFF_NORMED)[0, 0]) >= PART_STANDS
        for a, b in zip(
            np.array_split(text, parts, axis=1), np.array_split(there, parts, axis=1), strict=True
        )
    )


def _search(
    text: Strokes, field: Strokes, left: int, top: int, right: int, bottom: int
) -> tuple[float, int, int]:
    """Return the best correlation in the window, and the x and y where the text lies there."""
    left, top = max(left, 0), max(top, 0)
    window = field[top:bottom, left:right]
    if window.shape[0] < text.shape[0] or window.shape[1] < text.shape[1]:
        return 0.0, 0, 0
    scores = cv2.matchTemplate(window, text, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    return best, left + x, top + y
