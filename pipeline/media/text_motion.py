"""Where strokes were in the sample before: most of a picture stands, or makes one of few motions."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.media.strokes import LOCAL, SHRINK, Strokes

Map = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

COARSE = 2
PIXELS = SHRINK * COARSE
"""Sides of a place, pixels of the sample: maps are smaller by this."""
WINDOW = (15, 7)
"""Places, wide and high, that are compared: a short word."""
LETTERS = 9
"""Places of a row over which strokes are averaged out: two lines of text are alike but for these."""
BLUR = 1.0
"""Places over which strokes are smeared: shifts are whole places, and a camera may come nearer."""
SAME = 0.5
"""Least correlation of a window of strokes that is still there."""
SHIFTS = 6
"""How many motions are tried, beside those of the sample before."""


@dataclass(frozen=True)
class Motion:
    """Of each place, maps (H / PIXELS, W / PIXELS)."""

    parent: npt.NDArray[np.int64]
    """The place, as an index into the flattened map, where its strokes were."""
    there: Mask
    """Whether they were there at all."""
    down: Map
    """By how many pixels they have moved down."""
    stands: Mask
    """Whether they have not moved."""
    shifts: list[tuple[int, int]]
    """By how many pixels right and down most that moves has moved, most first."""


@dataclass(frozen=True)
class Scene:
    """The strokes of one sample, ready to be compared."""

    strokes: Strokes
    """Less their mean along the row."""
    letters: Map

    @classmethod
    def of(cls, edges: Strokes, strokes: Strokes) -> "Scene":
        """Take what the functions of that name give."""
        smeared = cv2.GaussianBlur(coarse(edges), (0, 0), BLUR)
        # Two captions at one place have the rows of their small letters in common.
        along = strokes - cv2.blur(strokes, (LOCAL, 1))
        return cls(along, np.asarray(smeared - cv2.blur(smeared, (LETTERS, 1)), np.float32))


def motion(before: Scene, now: Scene, last_shifts: list[tuple[int, int]]) -> Motion:
    """Match two samples; `last_shifts` are those that the earlier one had made."""
    width = now.letters.shape[1]
    stands = _stands(before.strokes, now.strokes)
    best = np.where(stands, np.float32(1), np.float32(SAME))
    chosen = np.zeros(best.shape, np.intp)
    tried = [(0, 0)]
    power = _summed(now.letters, now.letters)
    power_before = _summed(before.letters, before.letters)
    last = [(x // PIXELS, y // PIXELS) for x, y in last_shifts]
    won = []
    for dx, dy in dict.fromkeys([*_shifts(before.letters, now.letters), *last]):
        if dx == dy == 0:
            continue
        moved, moved_power = _moved(before.letters, dx, dy), _moved(power_before, dx, dy)
        alike = _summed(now.letters, moved) / (np.sqrt(power * moved_power) + 1)
        better = alike > best
        if count := cv2.countNonZero(better.view(np.uint8)):
            np.copyto(best, alike, where=better)
            np.copyto(chosen, len(tried), where=better)
            tried.append((dx, dy))
            won.append((count, (dx * PIXELS, dy * PIXELS)))
    back = np.array([dy * width + dx for dx, dy in tried])
    parent = np.arange(best.size).reshape(best.shape) - back[chosen]
    np.clip(parent, 0, parent.size - 1, out=parent)
    down = np.array([dy * PIXELS for _, dy in tried], np.float32)[chosen]
    shifts = [shift for _, shift in sorted(won, reverse=True)[:3]]
    return Motion(parent, stands | (chosen > 0), down, stands, shifts)


def coarse(field: Strokes) -> Map:
    """Return the field in places."""
    height, width = field.shape
    size = max(round(width / COARSE), 1), max(round(height / COARSE), 1)  # of a pixel, too
    small = cv2.resize(field, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _stands(before: Strokes, now: Strokes) -> Mask:
    """Tell of each place whether its strokes have not moved.

    They are compared at full size: of two captions at one place, the words have much in common.
    """
    alike, power, power_before = (
        np.asarray(cv2.boxFilter(coarse(a * b), -1, WINDOW))
        for a, b in ((before, now), (now, now), (before, before))
    )
    return np.asarray(alike > SAME * (np.sqrt(np.maximum(power * power_before, 0)) + 1))


def _summed(a: Map, b: Map) -> Map:
    """Return the mean product over each window; rounding may leave -0.001 for 0."""
    mean = np.asarray(cv2.boxFilter(a * b, -1, WINDOW), np.float32)
    return np.maximum(mean, 0)


def _moved(field: Map, dx: int, dy: int) -> Map:
    placed = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    size = field.shape[1], field.shape[0]
    return np.asarray(cv2.warpAffine(field, placed, size, flags=cv2.INTER_NEAREST), np.float32)


def _shifts(before: Map, after: Map) -> list[tuple[int, int]]:
    """Return by how many places right and down most strokes have moved.

    They are the highest peaks of the phase correlation (Kuglin and Hines, 1975).
    """
    product = np.fft.rfft2(after) * np.conj(np.fft.rfft2(before))
    product /= np.abs(product) + 1e-6
    peaks = np.fft.irfft2(product, before.shape).astype(np.float32)
    peaks = np.asarray(cv2.GaussianBlur(peaks, (3, 3), 0), np.float32)
    height, width = before.shape
    shifts: list[tuple[int, int]] = []
    for _ in range(SHIFTS):
        _, _, _, (x, y) = cv2.minMaxLoc(peaks)
        peaks[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] = -1
        shifts.append((x - width * (x > width // 2), y - height * (y > height // 2)))
    return shifts
