"""Joins what was seen before and after it was hidden: behind a pillar, or somebody else.

While a thing goes behind another its box narrows and its middle slows down, so its latest speed
says little. Looked back at from the end of the shot, a line through its last second and one
through the first second of what came later tell where both were in between.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, cast

import numpy as np

from pipeline.media.colours import alike
from pipeline.media.things import Thing, centre

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.media.things import Floats, Seen

_AROUND = 8
"""Sightings on each side of the gap that count."""
_LINE = 3
"""Sightings that make a line; of fewer, their mean place counts."""
_REACH, _BLIND_REACH = 1.0, 0.5
"""How many of its sizes apart both lines may be in the middle of the gap; less, colours unknown."""
_RESIZED = 1.7
_ALIKE = 0.55
"""Smallest share that two histograms of colours have in common."""


def rejoin(things: Sequence[Thing], longest_ms: int) -> list[Thing]:
    """Return the things, each whole that was hidden for `longest_ms` at most, nearest pairs first."""
    things = sorted(things, key=lambda thing: thing.first_ms)
    starts = [thing.first_ms for thing in things]
    pairs = [
        (distance, number, later)
        for number, thing in enumerate(things)
        for later in range(
            bisect_right(starts, thing.last_ms), bisect_right(starts, thing.last_ms + longest_ms)
        )
        if (distance := _distance(thing, things[later])) is not None
    ]
    following: dict[int, int] = {}
    joined: set[int] = set()
    for _, before, after in sorted(pairs):
        if before not in following and after not in joined:
            following[before] = after
            joined.add(after)
    return [_whole(things, n, following) for n in range(len(things)) if n not in joined]


def _whole(things: Sequence[Thing], first: int, following: dict[int, int]) -> Thing:
    chain = [first]
    while (after := following.get(chain[-1])) is not None:
        chain.append(after)
    if len(chain) == 1:
        return things[first]
    return Thing([sighting for number in chain for sighting in things[number].sightings])


def _distance(before: Thing, after: Thing) -> float | None:
    """Return how far apart, in sizes, two things are that may be one; None: they are two."""
    if before.label != after.label:
        return None
    left, right = before.sightings[-_AROUND:], after.sightings[:_AROUND]
    sizes = [np.median([s.box[2:] for _, _, s in side], axis=0) for side in (left, right)]
    if max((sizes[0] / sizes[1]).max(), (sizes[1] / sizes[0]).max()) > _RESIZED:
        return None
    common = alike([s.colours for _, _, s in left], [s.colours for _, _, s in right])
    if common is not None and common < _ALIKE:
        return None
    middle_ms = (before.last_ms + after.first_ms) / 2
    apart = np.abs(_at(left, middle_ms) - _at(right, middle_ms)) / np.maximum(*sizes)
    reach = _BLIND_REACH if common is None else _REACH
    return float(apart.max()) if apart.max() <= reach else None


def _at(sightings: Sequence[tuple[int, int, Seen]], at_ms: float) -> Floats:
    """Return where the middle of a thing lies at `at_ms`, on a line through its sightings."""
    times = np.array([ms for _, ms, _ in sightings], float)
    middles = np.array([centre(seen.box) for _, _, seen in sightings])
    degree = 1 if len(times) >= _LINE else 0
    return cast("Floats", np.polyfit(times - at_ms, middles, degree)[-1])
