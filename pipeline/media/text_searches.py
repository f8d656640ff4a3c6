"""Plans few searches that see much: rows of several samples, one below the other, in one sheet."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.media.pictures import Picture
from pipeline.media.text_changes import Unseen
from pipeline.media.text_lines import PixelBox

Band = tuple[int, int]
"""Rows of a sample, end exclusive."""

MARGIN, MOST_MARGIN, BEYOND = 18, 40, 0.75
"""Pixels above and below what is searched, in heights of it between the two: high letters and low
ones are few, so what stands may be only as high as an x."""
APART = 24
"""Rows of one sample that lie nearer to each other are searched together."""
FADING = 2.0
"""By how much dearer a thing's first or last sample is, in which it may be fading."""
TRIFLES = 0.2
SEAM = 12
"""Pixels between two looks in a sheet, in which the last row goes on."""


@dataclass(frozen=True)
class Look:
    """Rows of one sample, pixels, end exclusive."""

    number: int
    top: int
    bottom: int

    @property
    def rows(self) -> int:
        return self.bottom - self.top


def plan(unseen: Iterable[Unseen], height: int, rows: int) -> tuple["Sheet", list[Unseen]]:
    """Return a sheet of `rows` at most that shows the unseen, and those that it leaves out.

    The heaviest come first, each in the sample in which it takes fewest rows beside those that are
    looked at already, and which shows most else. `height` of a sample, pixels.
    """
    unseen = sorted(unseen, key=lambda one: -one.weight)
    shown: dict[int, float] = defaultdict(float)
    for one in unseen:
        for number in one.numbers:
            shown[number] += one.weight
    bands: dict[int, list[Band]] = {}
    left = []
    for one in unseen:
        _, _, number, joined = min(
            _offer(one, number, bands.get(number, []), height, shown[number])
            for number in one.numbers
        )
        added = _total(joined) - _total(bands.get(number, []))
        if added <= rows:
            bands[number] = joined
            rows -= added
        else:
            left.append(one)
    looks = [Look(n, *band) for n, joined in sorted(bands.items()) for band in joined]
    return Sheet(looks), left


def missed(unseen: Iterable[Unseen], left: Iterable[Unseen]) -> set[int]:
    """Return the samples of whose unseen things, by weight, more than `TRIFLES` are left."""
    in_all, weights = _weights(unseen), _weights(left)
    return {n for n, weight in weights.items() if weight > TRIFLES * in_all[n]}


def _weights(unseen: Iterable[Unseen]) -> dict[int, float]:
    weights: dict[int, float] = defaultdict(float)
    for one in unseen:
        for number in range(one.since, one.until):
            weights[number] += one.weight
    return weights


def _offer(
    one: Unseen, number: int, known: list[Band], height: int, shown: float
) -> tuple[float, float, int, list[Band]]:
    """Return how dear a look at `one` in a sample is, how poor else, the sample, its bands."""
    top, bottom = one.rows(number)
    margin = round(min(max((bottom - top) * BEYOND, MARGIN), MOST_MARGIN))
    joined = _joined([*known, (max(round(top) - margin, 0), min(round(bottom) + margin, height))])
    added = _total(joined) - _total(known)
    firm = number == one.best or one.since < number < one.until - 1
    return added if firm else added * FADING, -shown, number, joined


def _joined(bands: Iterable[Band]) -> list[Band]:
    """Return the bands in their order, those joined that nearly touch, those left out that are slim."""
    joined: list[Band] = []
    for top, bottom in sorted(bands):
        if bottom - top <= MARGIN:
            continue
        if joined and top - joined[-1][1] < APART:
            joined[-1] = joined[-1][0], max(joined[-1][1], bottom)
        else:
            joined.append((top, bottom))
    return joined


def _total(bands: Iterable[Band]) -> int:
    return sum(bottom - top + SEAM for top, bottom in bands)


@dataclass(frozen=True)
class Sheet:
    """One picture for the detector: looks one below the other."""

    looks: Sequence[Look]

    def draw(self, pictures: Iterable[Picture]) -> Picture:
        """Return the sheet from the looks' samples, in their order, (H, W, 3) uint8 each."""
        strips = [
            cv2.copyMakeBorder(picture[look.top : look.bottom], 0, SEAM, 0, 0, cv2.BORDER_REPLICATE)
            for look, picture in zip(self.looks, pictures, strict=True)
        ]
        return np.concatenate(strips)

    def place(self, box: PixelBox) -> tuple[Look, PixelBox] | None:
        """Return in which look a box of the sheet lies, and where in its sample; None: in a seam."""
        x, y, width, height = box
        top = 0
        for look in self.looks:
            if top <= y + height / 2 < top + look.rows:
                return look, (x, y - top + look.top, width, height)
            top += look.rows + SEAM
        return None
