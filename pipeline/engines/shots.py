"""Finds hard cuts in a strip of tiny pictures.

Candidates come from PySceneDetect's `AdaptiveDetector` (BSD 3-Clause): the mean HSV change from
one picture to the next against the rolling mean of its neighbours. That alone takes repeated
pictures, flashes and pop-up titles for cuts, so each candidate is looked at twice:

- repeated pictures (12.5 shown as 25 a second) are left out first: differences that alternate
  with zero make every movement stand out from its neighbours;
- a flash is no cut: soon after it, the picture from before is back;
- an overlay is no cut: the picture around it goes on; a banner or ticker that stays while all
  else changes is not that picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Strip = np.ndarray[Any, np.dtype[np.uint8]]
"""`(pictures, 27, 48, 3)` uint8 BGR."""
Times = np.ndarray[Any, np.dtype[np.int64]]

Mask = np.ndarray[Any, np.dtype[np.bool_]]
"""`(27, 48)` at most: true cells."""

BLOCK = 4096
DARK = 24
"""Cells that never get lighter than this are black bars, 0..255."""

REPEATED = 1.0
"""Mean change of a repeated picture at most, 0..255; encoders don't repeat exactly."""
REPEATED_SHARE = 0.35
"""A repeated picture changes by less than this share of what its neighbours do."""
LONGEST_REPEAT = 4
"""More equal pictures in a row are a still, and stills are left as they are."""

FLASH_MS = 250
"""A flash lasts no longer."""
BACK = 0.35
"""The old picture is back if it differs by less than this share of the candidate's change."""

UNCHANGED = 4
"""A cell that changes less, beyond movement, goes on, 0..255."""
TEXTURE = 16
"""Contrast with its neighbours from which a cell can be told from another, 0..255."""
MOSTLY_KEPT = 0.35
"""Share of unchanged textured cells from which the picture goes on, whatever else happens."""
MOSTLY_ALIKE = 0.5
"""As much of all that is lit must go on then: where pictures are smooth, a banner's letters are
most of the texture."""
KEPT, KEPT_SIDE = 0.15, 0.08
"""Fewer are enough if they lie on every side: a plate covers the middle. A banner that stays
across a cut keeps its own side only."""

NEARBY = 4
"""So many candidates before and after one tell what is printed on the picture there."""
PRINTED = 0.75
"""Share of them at which a cell goes on if it is part of a banner, a ticker's plate or a logo."""
MOST_PRINTED = 0.4
"""If more of the picture goes on, it is a camera that stands still, and nothing is printed."""


@dataclass(frozen=True)
class Cut:
    index: int
    """First picture of the new shot, in the strip."""
    confidence: float
    """0..1, an order of strength, not a probability."""


def find_cuts(
    strip: Strip,
    times: Times,
    *,
    threshold: float,
    min_change: float,
    min_shot_ms: int,
    report: Callable[[float], None] = lambda _: None,
) -> list[Cut]:
    """Return the hard cuts in order; the start of the first shot is none.

    `times`: ms of each picture. `threshold`: how many times the change must exceed its
    neighbours' mean. `min_change`: mean HSV change at least, 0..255.
    """
    if len(strip) < 2:
        return []
    lit = _without_bars(strip)
    distinct = np.flatnonzero(~repeated(_changes(lit)))
    seen = _Seen(lit, times, distinct)
    places = list(_candidates(lit, distinct, threshold, min_change, report))
    cuts = []
    for place, printed in zip(places, seen.printed(places), strict=True):
        kept = seen.kept(place, printed)
        if not seen.is_flash(place) and kept is not None:
            cuts.append(_cut(seen, place, kept, min_change))
    return _apart(cuts, times, min_shot_ms)


def repeated(changes: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell which pictures merely repeat their forerunner to fill a higher frame rate.

    `changes`: mean change from the picture before, 0..255, one for each picture.
    """
    count = len(changes)
    padded = np.pad(changes, 6, mode="edge")
    around = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 13)[:count], axis=1)
    # The usual movement nearby: the largest value may be a cut.
    movement = around[:, -4:-1].mean(axis=1)
    same: np.ndarray[Any, np.dtype[np.bool_]] = (changes < REPEATED) & (
        changes < REPEATED_SHARE * movement
    )
    edges = np.flatnonzero(np.diff(np.concatenate(([0], same.view(np.int8), [0]))))
    for start, end in edges.reshape(-1, 2):
        if end - start > LONGEST_REPEAT:
            same[start:end] = False
    same[0] = False
    return same


def _without_bars(strip: Strip) -> Strip:
    """Return a view without the rows and columns at the edges that always stay black."""
    lightest = strip[:: max(1, len(strip) // 500)].max(axis=(0, 3)) > DARK
    rows, columns = np.flatnonzero(lightest.any(axis=1)), np.flatnonzero(lightest.any(axis=0))
    if not len(rows):
        return strip
    return strip[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _changes(strip: Strip) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return each picture's mean BGR change from the one before; 255 for the first."""
    changes = np.full(len(strip), 255.0)
    for start in range(1, len(strip), BLOCK):
        block = strip[start - 1 : start + BLOCK].astype(np.int16)
        changes[start : start + BLOCK] = np.abs(np.diff(block, axis=0)).mean(axis=(1, 2, 3))
    return changes


def _candidates(
    strip: Strip,
    distinct: np.ndarray[Any, Any],
    threshold: float,
    min_change: float,
    report: Callable[[float], None],
) -> Iterator[int]:
    """Yield places in `distinct` where PySceneDetect sees a cut."""
    from scenedetect import FrameTimecode
    from scenedetect.detectors import AdaptiveDetector

    detector = AdaptiveDetector(
        adaptive_threshold=threshold, min_content_val=min_change, min_scene_len=0
    )
    for place, index in enumerate(distinct):
        # Counted in pictures, not in time: it compares neighbours, whenever they are shown.
        number = FrameTimecode(place, fps=25.0)
        for cut in detector.process_frame(number, np.ascontiguousarray(strip[index])):
            yield cut.frame_num
        if place % BLOCK == 0:
            report(place / len(distinct))


class _Seen:
    """The distinct pictures around a candidate."""

    def __init__(self, strip: Strip, times: Times, distinct: np.ndarray[Any, Any]) -> None:
        self._strip, self._times, self._distinct = strip, times, distinct

    def index(self, place: int) -> int:
        return int(self._distinct[place])

    def picture(self, place: int) -> Strip:
        return np.ascontiguousarray(self._strip[self._distinct[place]])

    def change(self, place: int) -> float:
        """Return the mean HSV change to the picture at `place`, 0..255."""
        return _distance(_hsv(self.picture(place - 1)), _hsv(self.picture(place)))

    def is_flash(self, place: int) -> bool:
        """Tell whether a picture from shortly before comes back shortly after."""
        at = self._times[self.index(place)]
        shown = self._times[self._distinct]
        first = int(np.searchsorted(shown, at - FLASH_MS))
        last = int(np.searchsorted(shown, at + FLASH_MS, side="right"))
        step = max(1, (last - first) // 32)  # high frame rates: fewer are enough
        before = [_hsv(self.picture(p)) for p in range(place - 1, first - 1, -step)]
        after = [_hsv(self.picture(p)) for p in range(place, last, step)]
        # The pair right at the candidate is what made it one.
        pairs = [
            _distance(b, a) for i, b in enumerate(before) for j, a in enumerate(after) if i + j
        ]
        return bool(pairs) and min(pairs) < BACK * self.change(place)

    def printed(self, places: list[int]) -> list[Mask]:
        """Return for each candidate the cells that go on at most of the others nearby."""
        calm = [self._change(place) <= UNCHANGED for place in places]
        masks = []
        for i in range(len(places)):
            others = calm[max(i - NEARBY, 0) : i] + calm[i + 1 : i + 1 + NEARBY]
            mask = np.mean(others, axis=0) >= PRINTED if len(others) >= NEARBY else None
            if mask is None or mask.mean() > MOST_PRINTED:
                mask = np.zeros(self._strip.shape[1:3], np.bool_)
            masks.append(mask)
        return masks

    def kept(self, place: int, printed: Mask) -> float | None:
        """Return the share of the textured picture that goes on; None if it is an overlay's.

        Flat cells may agree by chance (two shots before one wall), so texture must agree too.
        """
        before, after = self.picture(place - 1), self.picture(place)
        textured = (_texture(before) > TEXTURE) & (_texture(after) > TEXTURE) & ~printed
        light = (np.maximum(before, after).max(axis=2) > DARK) & ~printed
        change = self._change(place)
        if textured.mean() < 0.05 or not light.any():
            return 0.0
        same = change <= UNCHANGED + self._movement(place, textured)
        kept = float(same[textured].mean())
        around = min(float(same[side & textured].mean()) for side in _sides(textured))
        everywhere = around >= KEPT_SIDE and (change[light] <= UNCHANGED).mean() >= KEPT
        mostly = kept >= MOSTLY_KEPT and same[light].mean() >= MOSTLY_ALIKE
        return None if mostly or everywhere else kept

    def _change(self, place: int) -> np.ndarray[Any, Any]:
        """Return how much each cell changes to the picture at `place`, 0..255."""
        change = cv2.absdiff(self.picture(place - 1), self.picture(place))
        return cast("Strip", change.max(axis=2))

    def _movement(self, place: int, cells: np.ndarray[Any, Any]) -> float:
        """Return how much these cells change anyway, before or after, whichever is calmer."""
        last = len(self._distinct) - 1
        pairs = [(max(place - 2, 0), place - 1), (place, min(place + 1, last))]
        return min(
            float(np.median(cv2.absdiff(self.picture(a), self.picture(b)).max(axis=2)[cells]))
            for a, b in pairs
        )


def _sides(textured: np.ndarray[Any, Any]) -> list[Mask]:
    """Return masks of the outer quarters that hold enough textured cells, else of everything."""
    height, width = textured.shape
    rows, columns = np.mgrid[:height, :width]
    quarters = [
        rows < height // 4,
        rows >= height - height // 4,
        columns < width // 4,
        columns >= width - width // 4,
    ]
    whole = np.ones_like(textured)
    return [side for side in quarters if (side & textured).sum() >= 8] or [whole]


def _hsv(picture: Strip) -> np.ndarray[Any, np.dtype[np.int16]]:
    return cast("np.ndarray[Any, Any]", cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)).astype(np.int16)


def _distance(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    return float(np.abs(a - b).mean())


def _texture(picture: Strip) -> np.ndarray[Any, Any]:
    """Return each cell's contrast with its eight neighbours, 0..255."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    square = np.ones((3, 3), np.uint8)
    return cv2.subtract(cv2.dilate(grey, square), cv2.erode(grey, square))


def _cut(seen: _Seen, place: int, kept: float, min_change: float) -> Cut:
    change = seen.change(place)
    return Cut(seen.index(place), round(change / (change + min_change) * (1 - kept), 3))


def _apart(cuts: list[Cut], times: Times, min_shot_ms: int) -> list[Cut]:
    """Keep the surest of the cuts that lie nearer than `min_shot_ms` to each other or the start."""
    chosen: list[Cut] = []
    for cut in sorted(cuts, key=lambda c: -c.confidence):
        others = [times[0], *(times[c.index] for c in chosen)]
        if all(abs(times[cut.index] - other) >= min_shot_ms for other in others):
            chosen.append(cut)
    return sorted(chosen, key=lambda c: c.index)
