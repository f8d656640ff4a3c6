"""Where the text of one row is in sample after sample, told by its columns of strokes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.media.strokes import MOVES, SHRINK, Strokes, edges, shrunk, strokes
from pipeline.media.text_lines import PixelBox

ROUND = 1.0
"""Rows above and below that are compared too, in heights: under a pan they move along."""
PANS = 0.5
"""Share of the text's columns beside which something moves along, from which on it is a pan."""
FAR = 6
"""Pixels from one sample to the next that are motion."""
SEED = 0.4
"""How wide a part of the picture at most is searched for in the next sample."""
SLACK = 8
"""Pixels from where a ticker is expected that it may be."""
EVEN = 0.2
"""Share by which the speeds before and after a sample may differ."""
SMEAR = 1.0
"""Shrunk pixels over which strokes are smeared."""
ALIKE, FAINT = 0.6, 12.0
"""Least correlation of columns that are the same, and their least root mean square of strokes."""
GAP, WORD = 2.5, 2.0
"""Widest gap between words, and least width of what counts, in heights."""
LONGEST_MS = 60_000
"""What runs on for longer than this either way is told in parts."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Placed:
    """Where the ticker is in one sample, pixels."""

    number: int
    at_ms: int
    origin: float
    """The x of a point of the text that stays the same."""
    left: int
    right: int
    """From where to where the text shows."""


class Row:
    """The strokes of one row of the samples. Inside, lengths are of shrunk pixels."""

    def __init__(
        self,
        read: Callable[[int], npt.NDArray[np.uint8]],
        times_ms: Sequence[int],
        width: int,
        top: int,
        height: int,
    ) -> None:
        """`width` of the samples, `top` and `height` of the row: pixels."""
        self._read, self._times = read, times_ms
        self.top, self.height, self.width = top, height, width
        self._size = max(height // SHRINK, 4)
        around = round(ROUND * height)
        self._above = min(around, top)
        self._rows = slice(top - self._above, top + height + around)
        self._known: dict[int, Strokes] = {}

    def speed(self, number: int, box: PixelBox) -> float | None:
        """Return how fast what stands in the box moves, pixels a ms; None: not, or not evenly."""
        speeds = [self._to(number, other, box) for other in (number - 1, number + 1)]
        even = [speed for speed in speeds if speed is not None]
        if not even or 0 in even:
            return None
        if len(even) > 1 and abs(even[0] - even[1]) > EVEN * abs(even[0]):
            return None
        return sum(even) / len(even)

    def walk(self, number: int, speed: float, way: int) -> Iterator[Placed]:
        """Yield where the ticker is in the samples before (-1) or after (1) `number`.

        With the later ones comes the sample itself.
        """
        begun_ms, origin = self._times[number], 0.0
        while 0 <= number + way < len(self._times):
            now_ms, then_ms = self._times[number], self._times[number + way]
            if abs(then_ms - begun_ms) > LONGEST_MS:
                return
            shift = speed * (then_ms - now_ms)
            shift, here = self._matched(number, number + way, shift)
            if here is None:
                return
            if way > 0 and now_ms == begun_ms:
                yield self._placed(number, origin, here[0])
            origin += shift
            if abs(then_ms - begun_ms) > 1000:
                speed = origin / (then_ms - begun_ms)
            number += way
            yield self._placed(number, origin, here[1])

    def _placed(self, number: int, origin: float, shown: Mask) -> Placed:
        columns = np.flatnonzero(shown)
        left, right = int(columns[0]) * SHRINK, (int(columns[-1]) + 1) * SHRINK
        # Columns are compared in windows, which reach half their width beyond the text.
        reach = self.height // 2
        left = left + reach if left else 0
        right = right - reach if right < self.width - SHRINK else self.width
        return Placed(number, self._times[number], origin, left, max(right, left + 1))

    def _to(self, number: int, other: int, box: PixelBox) -> float | None:
        """Return the speed from one sample to another; 0.0: it stands; None: it is not there."""
        if not 0 <= other < len(self._times):
            return None
        wide = int(min(box[2], SEED * self.width)) // SHRINK
        middle = (box[0] + box[2] // 2) // SHRINK
        left = max(middle - wide // 2, 0)
        text = self._inner(number)[:, left : left + wide]
        scores = cv2.matchTemplate(self._inner(other), text, cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, _) = cv2.minMaxLoc(scores)
        if best < MOVES:
            return None
        moved = (x - left) * SHRINK
        if abs(moved) < FAR or self._pans(number, other, moved):
            return 0.0
        return float(moved / (self._times[other] - self._times[number]))

    def _pans(self, number: int, other: int, moved: float) -> bool:
        """Tell whether what lies above and below moves along."""
        a, b = self._strokes(number), self._strokes(other)
        inner = self._inside()
        shift = round(moved / SHRINK)
        text = _columns(a[inner], b[inner], shift, self._size).sum()
        beside = [
            _columns(a[rows], b[rows], shift, self._size).sum()
            for rows in (slice(0, inner.start), slice(inner.stop, None))
            if len(a[rows]) > self._size // 2
        ]
        return bool(beside) and max(beside) > PANS * text

    def _matched(
        self, number: int, other: int, expected: float
    ) -> tuple[float, tuple[Mask, Mask] | None]:
        """Return by how much the text has moved to the other sample, and its columns in both."""
        a, b = self._inner(number), self._inner(other)
        about = round(expected / SHRINK)
        slack = max(SLACK // SHRINK, abs(about) // 16)
        shifts = range(about - slack, about + slack + 1)
        found = [(int((shown := _columns(a, b, s, self._size)).sum()), s, shown) for s in shifts]
        most, shift, shown = max(found, key=lambda one: (one[0], -abs(one[1] - about)))
        if most < WORD * self._size:
            return expected, None
        return float(shift * SHRINK), (shown, _moved(shown, shift))

    def _inside(self) -> slice:
        above = self._above // SHRINK
        return slice(above, above + self._size)

    def _inner(self, number: int) -> Strokes:
        return self._strokes(number)[self._inside()]

    def _strokes(self, number: int) -> Strokes:
        known = self._known.get(number)
        if known is None:
            known = strokes(edges(shrunk(self._read(number)[self._rows])))
            # What does not change along the row, as a bar's edges, looks the same wherever it goes.
            known = known - cv2.blur(known, (2 * self._size, 1))
            # An odd number of pixels is half a shrunk one more, and strokes are as thin.
            known = np.asarray(cv2.GaussianBlur(known, (0, 0), SMEAR), np.float32)
            self._known = {**dict(list(self._known.items())[-2:]), number: known}
        return known


def _columns(a: Strokes, b: Strokes, shift: int, height: int) -> Mask:
    """Return which columns of `a` are in `b`, too, `shift` to the right; words, gaps between them."""
    moved = _shifted(b, -shift)
    window = (height, 1)
    alike, power, other = (
        np.asarray(cv2.blur((x * y).mean(axis=0)[None], window, borderType=cv2.BORDER_CONSTANT))[0]
        for x, y in ((a, moved), (a, a), (moved, moved))
    )
    same = alike > ALIKE * np.sqrt(np.maximum(power * other, 0))  # rounding leaves -0.001
    same &= np.minimum(power, other) > FAINT**2
    words = cv2.morphologyEx(
        same.astype(np.uint8)[None], cv2.MORPH_CLOSE, np.ones((1, round(GAP * height)), np.uint8)
    )
    least = np.ones((1, round(WORD * height)), np.uint8)
    return np.asarray(np.asarray(cv2.morphologyEx(words, cv2.MORPH_OPEN, least))[0] > 0)


def _shifted(field: Strokes, shift: int) -> Strokes:
    """Return the field, moved to the right; 0 where nothing comes in."""
    moved = np.zeros_like(field)
    width = field.shape[1]
    if abs(shift) < width:
        moved[:, max(shift, 0) : width + min(shift, 0)] = field[
            :, max(-shift, 0) : width - max(shift, 0)
        ]
    return moved


def _moved(shown: Mask, shift: int) -> Mask:
    return np.asarray(_shifted(shown.astype(np.float32)[None], shift)[0] > 0)
