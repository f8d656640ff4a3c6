"""Where faces must be hidden: what was seen of them now and then, for every moment between.

Made for hiding, not for counting: in doubt two sightings are the same face, and a face is where
it may be. To hide too much is a blemish, to hide too little is a face shown.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.results import Box

GAP_MS = 2000
"""A face that is seen again near by within this time was there in between: turned, covered."""
HOLD_MS = 500
"""Before it is first seen and after it was last seen a face is hidden for this long."""
REACH, REACH_PER_S, MAX_REACH = 1.2, 2.0, 2.5
"""How far a face may be from where it was expected, in its sizes, and more so as time passes."""
RESIZED = 2.0
"""It grows or shrinks by this factor at most from one sighting to the next."""
PACE_MS = 250
"""Movement is measured over this time."""


@dataclass(eq=False)
class Trail:
    """One face within one shot; times ms, ascending."""

    from_ms: int
    """When the shot begins; the face is hidden no earlier."""
    until_ms: int | None = None
    """When the shot ends; None: with the video."""
    times: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    @property
    def starts_ms(self) -> int:
        return max(self.from_ms, self.times[0] - HOLD_MS)

    @property
    def ends_ms(self) -> int:
        end = self.times[-1] + HOLD_MS + 1
        return end if self.until_ms is None else min(end, self.until_ms)

    def at(self, at_ms: int) -> Box:
        """Return where the face may be at `at_ms`, which lies in its span."""
        if at_ms <= self.times[0]:
            return _joined(self.boxes[0], self._moved(at_ms, 0))
        if at_ms >= self.times[-1]:
            return _joined(self.boxes[-1], self._moved(at_ms, len(self.times) - 1))
        after = bisect_right(self.times, at_ms)
        before_ms, after_ms = self.times[after - 1 : after + 1]
        share = (at_ms - before_ms) / (after_ms - before_ms)
        return _between(self.boxes[after - 1], self.boxes[after], share)

    def expected(self, at_ms: int) -> Box:
        """Return where the face would be if it moved on as it last did."""
        return self._moved(at_ms, len(self.times) - 1)

    def _moved(self, at_ms: int, number: int) -> Box:
        """Return the box of an end moved as the face did next to it, by its own size at most."""
        x, y, w, h = self.boxes[number]
        other = self._near(number)
        passed = self.times[number] - self.times[other]
        if not passed:
            return x, y, w, h
        steps = (at_ms - self.times[number]) / passed
        dx = _middle(self.boxes[number], 0) - _middle(self.boxes[other], 0)
        dy = _middle(self.boxes[number], 1) - _middle(self.boxes[other], 1)
        return x + _clamped(dx * steps, w), y + _clamped(dy * steps, h), w, h

    def _near(self, number: int) -> int:
        """Return the sighting that tells, with this end, how the face moves."""
        step = -1 if number else 1
        near = number
        while (
            0 <= near + step < len(self.times)
            and abs(self.times[near + step] - self.times[number]) <= PACE_MS
        ):
            near += step
        return near


class Trails:
    """Links sightings to trails as they come, in the order of time."""

    def __init__(self) -> None:
        self._open: list[Trail] = []
        self._done: list[Trail] = []
        self._shot_ms = 0

    def cut(self, at_ms: int) -> None:
        """Begin a new shot: no face of the old one is in it."""
        for trail in self._open:
            trail.until_ms = at_ms
        self._done += self._open
        self._open, self._shot_ms = [], at_ms

    def see(self, at_ms: int, boxes: Iterable[Box]) -> bool:
        """Take the faces of the picture shown at `at_ms`; tell whether one is on no trail so far."""
        lasting = [trail for trail in self._open if at_ms - trail.times[-1] <= GAP_MS]
        self._done += [trail for trail in self._open if at_ms - trail.times[-1] > GAP_MS]
        self._open = lasting
        new = list(boxes)
        for trail, box in _pairs(lasting, new, at_ms):
            trail.times.append(at_ms)
            trail.boxes.append(box)
            new.remove(box)
        self._open += [Trail(self._shot_ms, None, [at_ms], [box]) for box in new]
        return bool(new)

    def finish(self) -> list[Trail]:
        """Return all trails by the time they start at."""
        return sorted([*self._done, *self._open], key=lambda trail: trail.starts_ms)


class Hiding:
    """Tells for one moment after another what must be hidden; memory holds what is to come."""

    def __init__(self, trails: Iterable[Trail]) -> None:
        """`trails`: by the time they start at."""
        self._coming = list(trails)[::-1]
        self._current: list[Trail] = []

    def at(self, at_ms: int) -> list[Box]:
        """Return the boxes of the moment `at_ms`, no earlier than the one before."""
        while self._coming and self._coming[-1].starts_ms <= at_ms:
            self._current.append(self._coming.pop())
        self._current = [trail for trail in self._current if at_ms < trail.ends_ms]
        return [trail.at(at_ms) for trail in self._current]


def _pairs(trails: list[Trail], boxes: list[Box], at_ms: int) -> Iterator[tuple[Trail, Box]]:
    """Yield which box goes on which trail, the nearest first, each once."""
    near: list[tuple[float, int, Trail, Box]] = []
    for trail in trails:
        expected = trail.expected(at_ms)
        reach = min(REACH + REACH_PER_S * (at_ms - trail.times[-1]) / 1000, MAX_REACH)
        for box in boxes:
            # From where it was as well: who stops does not go on.
            distance = min(_distance(expected, box), _distance(trail.boxes[-1], box))
            if distance <= reach and _alike(trail.boxes[-1], box):
                near.append((distance, len(near), trail, box))
    taken: set[int] = set()
    for _, _, trail, box in sorted(near, key=lambda pair: pair[:2]):
        if not {id(trail), id(box)} & taken:
            taken |= {id(trail), id(box)}
            yield trail, box


def _distance(one: Box, other: Box) -> float:
    """Return how far apart the middles of two boxes are, in sizes of the larger one's sides."""
    across = (_middle(one, 0) - _middle(other, 0)) / max(one[2], other[2])
    down = (_middle(one, 1) - _middle(other, 1)) / max(one[3], other[3])
    return float((across**2 + down**2) ** 0.5)


def _alike(one: Box, other: Box) -> bool:
    return 1 / RESIZED**2 <= one[2] * one[3] / (other[2] * other[3]) <= RESIZED**2


def _middle(box: Box, axis: int) -> float:
    return box[axis] + box[axis + 2] / 2


def _clamped(value: float, most: float) -> float:
    return max(-most, min(value, most))


def _between(one: Box, other: Box, share: float) -> Box:
    x, y, w, h = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return x, y, w, h


def _joined(one: Box, other: Box) -> Box:
    """Return the smallest box that holds both."""
    x, y = min(one[0], other[0]), min(one[1], other[1])
    right = max(one[0] + one[2], other[0] + other[2])
    bottom = max(one[1] + one[3], other[1] + other[3])
    return x, y, right - x, bottom - y
