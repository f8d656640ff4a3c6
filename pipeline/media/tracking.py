"""From what a detector found in single pictures to the same things over time.

Tracking by detection, as ByteTrack does it (Zhang et al., ECCV 2022): what was surely seen is
matched first, to where motion at constant speed puts each thing; what was hardly seen may then
go on with a thing, but begins none. Pictures come a few a second, and so boxes are widened before
they are compared (buffered IoU: Yang et al., WACV 2023), or small and fast things would never
meet. Where more than one could be meant, colours decide: persons who meet overlap however they
move (`association`). What was hidden for a while is joined afterwards (`rejoining`). Nothing is
followed across a cut.

The clock is one of motion: where the pictures stood still none was taken, and whatever was there
is still there, however long that took.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.media.association import pairs
from pipeline.media.rejoining import rejoin
from pipeline.media.things import Seen, Thing, ious
from pipeline.results import Detection, Sighting, Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.results import Box

STEP_MS = 400
"""A longer gap between two pictures means that nothing moved: it counts as this much."""
WIDENED, LOW_WIDENED = 0.3, 0.1
"""Boxes are compared with so much of their size added on each side; what was hardly seen, less."""
OTHER_LABEL = 0.6
"""What is left of the likeness where the thing was never called that: nothing, if hardly seen."""
ONE_THING = 0.65
"""IoU from which two labels for one place are two opinions of one thing."""
WITHIN, COMPARABLE = 0.75, 0.4
"""Share of a box that lies within another of the same label, and of its area, from which it is that
thing again, seen in part or with what stands beside it."""

Bools = np.ndarray[Any, np.dtype[np.bool_]]
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
    min_sure: int = 1
    """So many of them must be sure, likewise."""


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


class _Shot:
    """One shot's looks and the things in them."""

    def __init__(self, looks: list[Look], start_ms: int, stop_ms: int, tracking: Tracking) -> None:
        self._looks, self._tracking = looks, tracking
        self._start_ms, self._stop_ms = start_ms, stop_ms
        self._open: list[Thing] = []
        self._gone: list[Thing] = []

    def tracks(self) -> list[Track]:
        now_ms = 0
        for number, (at_ms, found) in enumerate(self._looks):
            now_ms += min(at_ms - self._looks[number - 1][0], STEP_MS) if number else 0
            self._step(number, now_ms, _agreed(found))
        things = rejoin((*self._gone, *self._open), self._tracking.bridge_ms + STEP_MS)
        return [self._track(thing) for thing in things if not self._is_chance(thing)]

    def _is_chance(self, thing: Thing) -> bool:
        limits, looks = self._tracking, len(self._looks)
        sure = sum(seen.confidence >= limits.sure for _, _, seen in thing.sightings)
        few = len(thing.sightings) < min(limits.min_sightings, looks)
        return few or sure < min(limits.min_sure, looks)

    def _step(self, number: int, now_ms: int, found: list[Seen]) -> None:
        open_since = now_ms - self._tracking.bridge_ms - STEP_MS
        self._gone += [thing for thing in self._open if thing.last_ms < open_since]
        self._open = [thing for thing in self._open if thing.last_ms >= open_since]
        sure = [s for s in found if s.confidence >= self._tracking.sure]
        likely = [s for s in found if self._tracking.likely <= s.confidence < self._tracking.sure]
        things = self._open.copy()
        for group, widened, other_label in ((sure, WIDENED, OTHER_LABEL), (likely, LOW_WIDENED, 0)):
            for thing, seen in pairs(things, group, now_ms, widened, other_label):
                thing.see(number, now_ms, seen)
                things.remove(thing)
                group.remove(seen)
        self._open += [Thing([(number, now_ms, seen)]) for seen in sure]

    def _track(self, thing: Thing) -> Track:
        first, last = thing.sightings[0][0], thing.sightings[-1][0]
        ends = last + 1 < len(self._looks)
        return Track(
            label=thing.label,
            start_ms=self._looks[first][0] if first else self._start_ms,
            end_ms=self._looks[last + 1][0] if ends else self._stop_ms,
            confidence=float(np.mean([s.confidence for _, _, s in thing.sightings])),
            boxes=tuple(
                Detection(self._looks[look][0], s.box, s.confidence)
                for look, _, s in thing.sightings
            ),
        )


def _agreed(found: Iterable[Sighting]) -> list[Seen]:
    """Return what was seen, several labels or boxes for one place being opinions of one thing."""
    surest = sorted(found, key=lambda s: -s.confidence)
    same = _same([sighting.box for sighting in surest], [sighting.label for sighting in surest])
    kept: dict[int, Seen] = {}
    for row, sighting in enumerate(surest):
        first = next((known for known in kept if same[row, known]), None)
        if first is None:
            opinions = {sighting.label: sighting.confidence}
            kept[row] = Seen(sighting.box, sighting.confidence, opinions, sighting.colours)
        else:
            kept[first].opinions.setdefault(sighting.label, sighting.confidence)
    return list(kept.values())


def _same(boxes: list[Box], labels: list[str]) -> Bools:
    """Return which boxes are of one thing, (boxes, boxes)."""
    if not boxes:
        return np.zeros((0, 0), bool)
    areas = np.array([width * height for _, _, width, height in boxes])
    smaller, larger = np.minimum.outer(areas, areas), np.maximum.outer(areas, areas)
    overlaps = ious(boxes, boxes)
    common = overlaps * (smaller + larger) / (1 + overlaps)
    nested = (common >= WITHIN * smaller) & (smaller >= COMPARABLE * larger)
    named = np.array(labels)
    same: Bools = (overlaps >= ONE_THING) | (nested & (named[:, None] == named))
    return same
