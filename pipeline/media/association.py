"""Which sighting goes on with which thing.

A thing may be only where it was or where it was going to; among those that are near enough, colours
decide. Persons who meet, or walk side by side, overlap each other as well as themselves, and by
places alone their tracks changed persons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.media.colours import alike
from pipeline.media.things import ious

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.media.things import Floats, Seen, Thing

SAME_PLACE = 0.2
"""Smallest buffered IoU that makes two boxes one thing."""
STOPPED = 0.7
"""What is left of that where it did not go on as it had moved."""
COLOURS = 10.0
"""How much more than places colours count among those that are near enough."""
STRANGE = 0.45
"""Share of colours in common that speaks neither for one thing nor for two."""
RECENT = 12
"""Sightings of a thing whose colours count."""
UNMOVED = 0.6
"""IoU of the boxes as they are from which it is the same thing in other colours, if no other is:
light changes, and a thing turns round."""
_LAST = 1e-3
"""What is left of the likeness where colours speak against it."""


def pairs(
    things: Sequence[Thing],
    found: Sequence[Seen],
    now_ms: int,
    widened: float,
    other_label: float,
) -> list[tuple[Thing, Seen]]:
    """Pair things with sightings, the most alike first, each at most once.

    `widened`: how much of its size is added to a box on each side; `other_label`: what is left of
    the likeness where the thing was never called what the sighting is.
    """
    if not things or not found:
        return []
    likeness = _likeness(things, found, now_ms, widened, other_label)
    paired = []
    while likeness.max() > 0:
        best, column = divmod(int(likeness.argmax()), len(found))
        paired.append((things[best], found[column]))
        likeness[best] = likeness[:, column] = 0
    return paired


def _likeness(
    things: Sequence[Thing],
    found: Sequence[Seen],
    now_ms: int,
    widened: float,
    other_label: float,
) -> Floats:
    """Return how well each sighting goes on with each thing, (things, found); 0: not at all."""
    boxes = [seen.box for seen in found]
    expected, latest = [t.expected(now_ms) for t in things], [t.latest.box for t in things]
    near = np.maximum(ious(expected, boxes, widened), STOPPED * ious(latest, boxes, widened))
    unmoved = np.maximum(ious(expected, boxes), ious(latest, boxes)) >= UNMOVED
    for row, thing in enumerate(things):
        called = thing.votes.keys()
        near[row] *= [1.0 if called & seen.opinions.keys() else other_label for seen in found]
    likeness = np.where(near >= SAME_PLACE, near, 0)
    for row, column in np.argwhere(likeness):
        recent = [seen.colours for _, _, seen in things[row].sightings[-RECENT:]]
        common = alike(recent, [found[column].colours])
        if common is not None:
            place = near[row, column]
            least = _LAST * place if unmoved[row, column] else 0
            likeness[row, column] = max(place + COLOURS * (common - STRANGE), least)
    return likeness
