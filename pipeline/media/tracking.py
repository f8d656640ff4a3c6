"""From what a detector found in single pictures to the same things over time.

Tracking by detection, as ByteTrack does it (Zhang et al., ECCV 2022): what was surely seen is
matched first, to where motion at constant speed puts each thing; what was hardly seen may then
go on with a thing, but begins none. Pictures come a few a second, and so boxes are widened before
they are compared (buffered IoU: Yang et al., WACV 2023), or small and fast things would never
meet. Nothing is followed across a cut.

The clock is one of motion: where the pictures stood still none was taken, and whatever was there
is still there, however long that took.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.results import Box, Detection, Sighting, Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Floats = np.ndarray[Any, np.dtype[np.float64]]

STEP_MS = 400
"""A longer gap between two pictures means that nothing moved: it counts as this much."""
WIDENED, LOW_WIDENED = 0.3, 0.1
"""Boxes are compared with so much of their size added on each side; what was hardly seen, less."""
SAME_PLACE = 0.2
"""Smallest buffered IoU that makes two boxes one thing."""
OTHER_LABEL = 0.6
"""What is left of the likeness where the thing was never called that."""
ONE_THING = 0.75
"""IoU from which two labels for one place are two opinions of one thing."""
INERTIA = 0.5
"""Share of the known speed that a new sighting leaves."""


Look = tuple[int, "Sequence[Sighting]"]
"""When a picture is shown, and what was found in it."""


@dataclass(frozen=True)
class Tracking:
    """What makes a track."""

    sure: float
    """Confidence that begins one, 0..1."""
    likely: float
    """Confidence that prolongs one; less is ignored."""
    bridge_ms: int
    """A thing out of sight for longer, by the clock of motion, is another one."""
    min_sightings: int = 2
    """Fewer are chance, where there were more pictures to see it in."""


def follow(
    looks: Sequence[Look], *, cuts: Sequence[int], end_ms: int, tracking: Tracking
) -> tuple[Track, ...]:
    """Return the tracks of what was seen, in order of time.

    `looks` ascend and are all that were taken, those that show nothing included; `cuts` are when
    shots after the first begin, ascending; `end_ms` is when the last picture ends. A track ends
    with the first look that does not show it any more, or with its shot.
    """
    tracks: list[Track] = []
    for shot, group in groupby(looks, key=lambda look: bisect_right(cuts, look[0])):
        start_ms = cuts[shot - 1] if shot else 0
        stop_ms = cuts[shot] if shot < len(cuts) else end_ms
        tracks += _Shot(list(group), start_ms, stop_ms, tracking).tracks()
    return tuple(sorted(tracks, key=lambda track: (track.start_ms, track.end_ms)))


def ious(ours: Sequence[Box], theirs: Sequence[Box], widened: float = 0.0) -> Floats:
    """Return how much each of our boxes overlaps each of theirs, (ours, theirs), 0..1.

    `widened`: how much of a box's size is added on each side before.
    """
    a, b = _corners(ours, widened), _corners(theirs, widened)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common: Floats = (high - low).clip(0).prod(axis=2)
    areas = [(corners[:, 2:] - corners[:, :2]).prod(axis=1) for corners in (a, b)]
    overlap: Floats = common / np.maximum(areas[0][:, None] + areas[1][None] - common, 1e-12)
    return overlap


def _corners(boxes: Sequence[Box], widened: float) -> Floats:
    places = np.asarray(boxes, np.float64).reshape(-1, 4)
    margin = places[:, 2:] * widened
    low = places[:, :2] - margin
    return np.concatenate([low, places[:, :2] + places[:, 2:] + margin], axis=1)


@dataclass(eq=False)  # two things are the same only if they are one object
class _Thing:
    """A track in the making. Times are the clock of motion's."""

    seen_ms: int
    """When it was seen last."""
    sightings: list[tuple[int, Sighting]]
    """Index of the look, and what was seen in it."""
    speed: Floats = field(default_factory=lambda: np.zeros(2))
    """Of its centre, a ms."""

    @property
    def latest(self) -> Sighting:
        return self.sightings[-1][1]

    @property
    def labels(self) -> Counter[str]:
        """What it was called, each by how surely."""
        votes: Counter[str] = Counter()
        for _, sighting in self.sightings:
            votes[sighting.label] += sighting.confidence  # type: ignore[assignment]  # adds floats
        return votes

    def expected(self, now_ms: int) -> Box:
        """Return where it is by now, at the speed that it had."""
        x, y, width, height = self.latest.box
        moved = self.speed * (now_ms - self.seen_ms)
        return x + float(moved[0]), y + float(moved[1]), width, height

    def see(self, look: int, now_ms: int, sighting: Sighting) -> None:
        passed_ms = max(now_ms - self.seen_ms, 1)
        speed = (_centre(sighting.box) - _centre(self.latest.box)) / passed_ms
        known = INERTIA if len(self.sightings) > 1 else 0.0
        self.speed = known * self.speed + (1 - known) * speed
        self.seen_ms = now_ms
        self.sightings.append((look, sighting))


def _centre(box: Box) -> Floats:
    return np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])


class _Shot:
    """One shot's looks and the things in them."""

    def __init__(self, looks: list[Look], start_ms: int, stop_ms: int, tracking: Tracking) -> None:
        self._looks, self._tracking = looks, tracking
        self._start_ms, self._stop_ms = start_ms, stop_ms
        self._things: list[_Thing] = []

    def tracks(self) -> list[Track]:
        now_ms = 0
        for number, (at_ms, seen) in enumerate(self._looks):
            now_ms += min(at_ms - self._looks[number - 1][0], STEP_MS) if number else 0
            self._step(number, now_ms, _agreed(seen))
        enough = min(self._tracking.min_sightings, len(self._looks))
        return [self._track(t) for t in self._things if len(t.sightings) >= enough]

    def _step(self, number: int, now_ms: int, seen: list[Sighting]) -> None:
        sure = [s for s in seen if s.confidence >= self._tracking.sure]
        likely = [s for s in seen if self._tracking.likely <= s.confidence < self._tracking.sure]
        open_since = now_ms - self._tracking.bridge_ms - STEP_MS
        things = [thing for thing in self._things if thing.seen_ms >= open_since]
        for group, widened in ((sure, WIDENED), (likely, LOW_WIDENED)):
            for thing, sighting in _matches(things, group, now_ms, widened):
                thing.see(number, now_ms, sighting)
                things.remove(thing)
                group.remove(sighting)
        self._things += [_Thing(now_ms, [(number, sighting)]) for sighting in sure]

    def _track(self, thing: _Thing) -> Track:
        first, last = thing.sightings[0][0], thing.sightings[-1][0]
        ends = last + 1 < len(self._looks)
        return Track(
            label=thing.labels.most_common(1)[0][0],
            start_ms=self._looks[first][0] if first else self._start_ms,
            end_ms=self._looks[last + 1][0] if ends else self._stop_ms,
            confidence=float(np.mean([s.confidence for _, s in thing.sightings])),
            boxes=tuple(
                Detection(self._looks[look][0], s.box, s.confidence) for look, s in thing.sightings
            ),
        )


def _agreed(seen: Iterable[Sighting]) -> list[Sighting]:
    """Return what was seen without second opinions: the surest label of a place counts."""
    kept: list[Sighting] = []
    for sighting in sorted(seen, key=lambda s: -s.confidence):
        if not kept or ious([sighting.box], [s.box for s in kept]).max() < ONE_THING:
            kept.append(sighting)
    return kept


def _matches(
    things: list[_Thing], seen: list[Sighting], now_ms: int, widened: float
) -> list[tuple[_Thing, Sighting]]:
    """Pair things with sightings, the most alike first, each at most once."""
    if not things or not seen:
        return []
    expected = [thing.expected(now_ms) for thing in things]
    likeness = ious(expected, [s.box for s in seen], widened)
    for row, thing in enumerate(things):
        called = thing.labels
        likeness[row] *= [1.0 if s.label in called else OTHER_LABEL for s in seen]
    pairs = []
    while likeness.max() >= SAME_PLACE:
        best, column = divmod(int(likeness.argmax()), len(seen))
        pairs.append((things[best], seen[column]))
        likeness[best] = likeness[:, column] = 0
    return pairs
