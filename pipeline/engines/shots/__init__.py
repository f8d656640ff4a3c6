"""Finds where one shot gives way to the next, in a strip of tiny pictures.

Cuts, dissolves and fades are sought apart: each search proposes candidates from cheap measures of
all pictures, then looks at each candidate's pictures closely, and weighs what it saw into the
probability that a boundary is there. No picture is decoded, and memory does not grow with the
video's length but for a few numbers a picture.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from pipeline.engines.shots import cuts, gradual, strip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.engines.shots.strip import Film, Strip, Times


@dataclass(frozen=True)
class Boundary:
    """Where a shot begins; all indices are of pictures in the strip."""

    index: int
    """First picture of the new shot; in a dissolve or fade, that at the middle."""
    before: int
    """Last picture that shows the old shot only."""
    after: int
    """First picture that shows the new shot only; of a cut, `index`."""
    transition: Literal["cut", "dissolve", "fade"]
    confidence: float
    """Probability, 0..1."""


def find_boundaries(
    pictures: Strip,
    times: Times,
    *,
    min_confidence: float,
    min_shot_ms: int,
    report: Callable[[float], None] = lambda _: None,
) -> list[Boundary]:
    """Return the boundaries in order; the start of the first shot is none.

    `times`: ms of each picture, ascending.
    """
    if len(pictures) < 2:
        return []
    film = strip.read(pictures, times, report)
    found = chain(_cuts(film), _dissolves(film), _fades(film))
    return _apart([b for b in found if b.confidence >= min_confidence], times, min_shot_ms)


def _cuts(film: Film) -> Iterator[Boundary]:
    usual = cuts.usual(film)
    for place in cuts.candidates(film).tolist():
        index = int(film.distinct[place])
        seen = cuts.features(film, place, usual)
        yield Boundary(index, index - 1, index, "cut", cuts.MODEL.probability(seen))


def _dissolves(film: Film) -> Iterator[Boundary]:
    for span in gradual.dissolves(film):
        confidence = gradual.DISSOLVE.probability(gradual.features(film, span))
        yield Boundary(span.middle, span.before, span.after, "dissolve", confidence)


def _fades(film: Film) -> Iterator[Boundary]:
    for span in gradual.fades(film):
        confidence = gradual.FADE.probability(gradual.fade_features(film, span))
        yield Boundary(span.middle, span.before, span.after, "fade", confidence)


def _apart(found: list[Boundary], times: Times, min_shot_ms: int) -> list[Boundary]:
    """Keep the surest of boundaries that overlap, or lie nearer than `min_shot_ms`."""
    chosen: list[Boundary] = []
    for new in sorted(found, key=lambda b: -b.confidence):
        place = bisect(chosen, new.index, key=lambda b: b.index)
        beside = chosen[max(place - 1, 0) : place + 1]
        if times[new.index] - times[0] >= min_shot_ms and not any(
            abs(times[new.index] - times[old.index]) < min_shot_ms
            or (new.before < old.after and old.before < new.after)
            for old in beside
        ):
            chosen.insert(place, new)
    return chosen
