"""From scores of single moments to spans: smoothing, two thresholds, no flicker."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

Cover = tuple[int, int]
"""The time that a picture, or a patch of sound, stands for, ms, end exclusive."""


@dataclass(frozen=True)
class Scored:
    """A score for the time that it stands for."""

    cover: Cover
    score: float
    """0..1"""

    @property
    def length_ms(self) -> int:
        return self.cover[1] - self.cover[0]


@dataclass(frozen=True)
class Span:
    """A stretch of time that scored high enough for long enough."""

    start_ms: int
    end_ms: int
    peak: float
    """The highest score in it, 0..1."""
    mean: float
    """The mean over its time, 0..1."""


def by_shot(
    times_ms: Sequence[int], scores: Iterable[float], bounds_ms: Sequence[int]
) -> list[list[Scored]]:
    """Return the scores of samples, for each shot that has one, with what they stand for.

    A sample stands until the next of its shot: it was taken because the picture had changed, or
    stood still. A shot's first and last one reach to its ends. `times_ms` ascend; `bounds_ms` are
    the shots' starts and the last one's end, which all times lie between.
    """
    shots = []
    scores = iter(scores)
    for shot, times in groupby(times_ms, key=lambda at_ms: bisect_right(bounds_ms, at_ms)):
        edges = [bounds_ms[shot - 1], *list(times)[1:], bounds_ms[shot]]
        shots.append([Scored(cover, next(scores)) for cover in pairwise(edges)])
    return shots


def smoothed(scored: Sequence[Scored], window_ms: int) -> list[Scored]:
    """Return one shot's pictures, or a track's patches, with the mean score of the `window_ms` around each one's middle.

    Weighted by time: a picture that stands for longer than the window keeps its score.
    """

    def around(middle_ms: float) -> float:
        low, high = middle_ms - window_ms / 2, middle_ms + window_ms / 2
        # A shot may have thousands: only those that reach into the window are looked at.
        first = bisect_right(scored, low, key=lambda s: s.cover[1])
        inside = scored[first : bisect_left(scored, high, lo=first, key=lambda s: s.cover[0])]
        shares = [(min(s.cover[1], high) - max(s.cover[0], low), s) for s in inside]
        return sum(share * s.score for share, s in shares) / sum(share for share, _ in shares)

    return [Scored(s.cover, around(sum(s.cover) / 2)) for s in scored]


def above(scored: Sequence[Scored], enter: float, leave: float) -> list[list[Scored]]:
    """Return the stretches that reach `enter`, as far as they stay at `leave`."""
    stretches = groupby(scored, key=lambda s: s.score >= leave)
    kept = [list(stretch) for stays, stretch in stretches if stays]
    return [stretch for stretch in kept if max(s.score for s in stretch) >= enter]


def spans(stretches: Sequence[Sequence[Scored]], min_span_ms: int) -> list[Span]:
    """Join stretches that touch, across cuts too, and leave out what is then still too brief."""
    joined: list[list[Scored]] = []
    for stretch in stretches:
        if joined and joined[-1][-1].cover[1] == stretch[0].cover[0]:
            joined[-1] += stretch
        else:
            joined.append(list(stretch))
    found = (_span(stretch) for stretch in joined)
    return [span for span in found if span.end_ms - span.start_ms >= min_span_ms]


def _span(stretch: Sequence[Scored]) -> Span:
    length_ms = sum(s.length_ms for s in stretch)
    return Span(
        start_ms=stretch[0].cover[0],
        end_ms=stretch[-1].cover[1],
        peak=round(max(s.score for s in stretch), 4),
        mean=round(sum(s.score * s.length_ms for s in stretch) / length_ms, 4),
    )
