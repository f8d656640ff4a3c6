"""Tells what in the samples may be text that no search has seen, without searching.

What stands or moves through several samples is one thing, which one search answers. So strokes are
matched with those of the sample before, under the few shifts that most of the picture makes (phase
correlation finds them: overlays stand, a camera pans, credits roll, a page jumps), and every place
knows since when its strokes are there, when they were strongest, and whether a search saw them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.media.strokes import Strokes
from pipeline.media.text_motion import PIXELS, WINDOW, Map, Mask, Scene, coarse, motion

DENSE = 12.0
"""Mean stroke strength in a window that may be text, 0..1500; noise makes 5, faint text 20."""
CLEARER = 1.15
STRONGER = 1.6
"""How much stronger strokes have to become to count as others: a title fading in slowly."""
LEAST_PLACES = 24
"""Fewer places that belong together are no word."""
WHOLE = 0.65
"""Share of a thing that has to be there for it to count as there."""
LONG_MS = 3000
"""What stands longer weighs no more."""
RARE = 5.0
"""How much more at most weighs what stands while all else moves: an overlay."""


@dataclass(frozen=True)
class Unseen:
    """What may be text, and no search has seen. Samples by their numbers, as stepped through."""

    since: int
    best: int
    """Where its strokes are strongest."""
    until: int
    """The first sample without it, or that after the newest."""
    top: float
    bottom: float
    """Pixels, in the last sample with it."""
    moved: float
    """Pixels down from the best sample to the last; what stands has moved by none."""
    weight: float
    """How strong, how dense and how long it is: text is all three, as a rule."""

    @property
    def numbers(self) -> Sequence[int]:
        """The samples in which it is as clear as ever, and known where."""
        return (self.best, self.until - 1) if self.moved else range(self.best, self.until)

    def rows(self, number: int) -> tuple[float, float]:
        """Return (top, bottom) in one of these samples."""
        back = self.moved if number == self.best else 0.0
        return self.top - back, self.bottom - back


class Changes:
    """Feed it the strokes of the samples in order."""

    def __init__(self, brief_ms: int) -> None:
        """What is seen for less than `brief_ms` is passed over."""
        self._brief_ms = brief_ms
        self._times: list[int] = []
        self._scene: Scene | None = None
        self._since: npt.NDArray[np.int32]
        self._best: npt.NDArray[np.int32]
        self._strength: Map
        self._known: Mask
        self._dense: Mask
        self._moved: Map
        """Pixels down since `best`."""
        self._stands: Mask
        """What never moved."""
        self.shifts: list[tuple[int, int]] = []
        """By how many pixels right and down most of the newest sample has moved, most first."""

    def step(self, at_ms: int, edges: Strokes, strokes: Strokes) -> list[Unseen]:
        """Go on to the next sample; return what is gone there, unseen.

        `edges` and `strokes` as the functions of that name give them.
        """
        scene = Scene.of(edges, strokes)
        strength = np.asarray(cv2.blur(coarse(edges), WINDOW), np.float32)
        dense = strength >= DENSE
        number = len(self._times)
        self._times.append(at_ms)
        before, self._scene = self._scene, scene
        if before is None:
            self._begin(strength, dense)
            return []
        how = motion(before, scene, self.shifts)
        self.shifts, parent = how.shifts, how.parent
        there = how.there & dense & self._dense.take(parent)
        gone = self._gone(at_ms, parent[there])
        since = np.where(there, self._since.take(parent), np.int32(number))
        best = np.where(there, self._best.take(parent), np.int32(number))
        strongest = np.where(there, self._strength.take(parent), strength)
        known = there & self._known.take(parent)
        moved = np.where(there, self._moved.take(parent) + how.down, np.float32(0))
        other = known & (strength > STRONGER * strongest + DENSE)
        np.copyto(since, number, where=other)
        known &= ~other
        clearer = (strength > CLEARER * strongest) | other
        np.copyto(best, number, where=clearer)
        np.copyto(strongest, strength, where=clearer)
        np.copyto(moved, 0, where=clearer)
        self._stands = ~there | (how.stands & self._stands.take(parent))
        self._since, self._best, self._strength = since, best, strongest
        self._known, self._dense, self._moved = known, dense, moved
        return gone

    def stand_still(self, at_ms: int) -> None:
        """Go on to a sample that looks like the one before."""
        self._times.append(at_ms)

    def flush(self, end_ms: int) -> list[Unseen]:
        """Return what stands to `end_ms`, unseen. From now on it counts as seen."""
        if self._scene is None:
            return []
        waiting = self._dense & ~self._known & self._lasted(end_ms)
        unseen = self._joined(waiting, end_ms, len(self._times))
        self._known |= waiting
        return unseen

    def _begin(self, strength: Map, dense: Mask) -> None:
        self._since = np.zeros(dense.shape, np.int32)
        self._best = self._since.copy()
        self._strength, self._dense = strength, dense
        self._known = np.zeros(dense.shape, np.bool_)
        self._moved = np.zeros(dense.shape, np.float32)
        self._stands = np.ones(dense.shape, np.bool_)

    def _lasted(self, at_ms: int) -> Mask:
        # A thing lasts as long as the oldest of its places: the ground changes behind the others.
        since = cv2.erode(self._since.astype(np.float32), np.ones((1, 5), np.uint8)).astype(int)
        lasted: Mask = (at_ms - np.asarray(self._times) >= self._brief_ms).take(since)
        return lasted

    def _gone(self, at_ms: int, kept: npt.NDArray[np.int64]) -> list[Unseen]:
        """Return what has no place in the newest sample."""
        mark = np.ones(self._known.size, np.uint8)
        mark[kept] = 0
        missing = np.asarray(cv2.erode(mark.reshape(self._known.shape), np.ones((3, 3), np.uint8)))
        gone = (missing > 0) & self._dense & ~self._known & self._lasted(at_ms)
        return self._joined(gone, at_ms, len(self._times) - 1)

    def _joined(self, places: Mask, until_ms: int, until: int) -> list[Unseen]:
        """Return the places as things, each of those that lie together, and stand or move."""
        standing = self._dense & self._stands
        rare = min(self._dense.sum() / max(standing.sum(), 1), RARE)
        return [
            *self._things(places & self._stands, until_ms, until, rare),
            *self._things(places & ~self._stands, until_ms, until, 1.0),
        ]

    def _things(self, places: Mask, until_ms: int, until: int, rare: float) -> list[Unseen]:
        if not places.any():
            return []
        joined = cv2.dilate(places.view(np.uint8), np.ones((3, 9), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
        sizes = np.bincount(labels[places], minlength=count)
        unseen = []
        for label in np.flatnonzero(sizes >= LEAST_PLACES):
            left, top, wide, high, _ = stats[label]
            box = np.s_[top : top + high, left : left + wide]
            inside = (labels[box] == label) & places[box]
            since = _share(self._since[box][inside], WHOLE)
            best, moved = self._best[box][inside], self._moved[box][inside]
            late = best >= since
            strongest = _share(best[late], 0.5) if late.any() else until - 1
            moved = moved[best == strongest] if late.any() else np.zeros(1)
            lasted_ms = min(until_ms - self._times[since], LONG_MS)
            if lasted_ms < self._brief_ms:
                continue
            strength = float(self._strength[box][inside].mean())
            unseen.append(
                Unseen(
                    since,
                    strongest,
                    until,
                    top * PIXELS,
                    (top + high) * PIXELS,
                    float(np.median(moved)),
                    int(sizes[label]) / (wide * high) * lasted_ms * strength * rare,
                )
            )
        return unseen


def _share(numbers: npt.NDArray[np.int32], share: float) -> int:
    """Return the number that so large a share does not exceed."""
    return int(np.sort(numbers)[min(int(len(numbers) * share), len(numbers) - 1)])
