"""What a tracker knows of a thing: where and when it was seen, and what it was called."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.results import Box

Floats = np.ndarray[Any, np.dtype[np.float64]]

INERTIA = 0.5
"""Share of the known speed that a new sighting leaves."""


@dataclass(frozen=True)
class Seen:
    """One thing in one picture."""

    box: Box
    confidence: float
    opinions: dict[str, float]
    """What it was called, each how surely."""
    colours: bytes = b""
    """As `colours.histogram` gives them; empty: not known."""


@dataclass(eq=False)  # two things are the same only if they are one object
class Thing:
    """A track in the making. Times are the clock of motion's."""

    sightings: list[tuple[int, int, Seen]]
    """Index of the look, its time, and what was seen in it; at least one."""
    votes: Counter[str] = field(default_factory=Counter)
    speed: Floats = field(default_factory=lambda: np.zeros(2))
    """Of its centre, a ms."""

    def __post_init__(self) -> None:
        for _, _, seen in self.sightings:
            self.votes.update(seen.opinions)

    @property
    def label(self) -> str:
        return self.votes.most_common(1)[0][0]

    @property
    def first_ms(self) -> int:
        return self.sightings[0][1]

    @property
    def last_ms(self) -> int:
        return self.sightings[-1][1]

    @property
    def latest(self) -> Seen:
        return self.sightings[-1][2]

    def expected(self, now_ms: int) -> Box:
        """Return where it is by now, at the speed that it had."""
        x, y, width, height = self.latest.box
        moved = self.speed * (now_ms - self.last_ms)
        return x + float(moved[0]), y + float(moved[1]), width, height

    def see(self, look: int, now_ms: int, seen: Seen) -> None:
        passed_ms = max(now_ms - self.last_ms, 1)
        speed = (centre(seen.box) - centre(self.latest.box)) / passed_ms
        known = INERTIA if len(self.sightings) > 1 else 0.0
        self.speed = known * self.speed + (1 - known) * speed
        self.sightings.append((look, now_ms, seen))
        self.votes.update(seen.opinions)


def centre(box: Box) -> Floats:
    """Return the middle of a box, x and y."""
    return np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])


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
