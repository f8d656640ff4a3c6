"""Dissolves and fades.

In a dissolve each picture is a blend of the one before and the one after, so it lies on the line
between them, further on from picture to picture. All that follows from the distances between
pictures some time apart, and these are one matrix product for a block of the strip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.engines.shots.compare import kept, mismatch
from pipeline.engines.shots.model import Logistic
from pipeline.engines.shots.strip import LONGEST_REPEAT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.engines.shots.strip import Film, Floats, Places, Strip

STEP_MS = 80
"""Between the pictures that are compared: even repeated ones differ then."""
LENGTHS = (4, 6, 9, 13, 19, 26)
"""Steps from the last picture before a dissolve to the first after: 0.3 to 2.1 s."""
SIDE = 5
"""Steps before and after, which show how much the picture changes anyway."""
BLOCK = 512
MIN_DISTANCE = 9.0
"""Between the pictures before and after, root of the mean square, 0..255."""
MOST_ASTRAY = 0.6
"""Mean distance of the pictures between from the line, as a share of its length."""
BLENDED = 0.06
"""Share of the other picture from which, and up to which, a picture is a blend."""

FLAT = 7.0
"""Contrast of a black or white picture at most, 0..128."""
LONGEST_RAMP_MS = 2500
STILL_RISING = 0.35
"""Share of its mean rise so far by which contrast rises at least while a fade lasts."""

DISSOLVE = Logistic(
    1.31,
    {
        "astray": -9.35,
        "uneven": 9.06,
        "jump": -11.15,
        "faster": -4.44,
        "restless": -0.31,
        "restless_twice": 1.40,
        "distance": 1.06,
        "pattern": 2.53,
        "kept": -7.64,
        "contrast": -0.06,
    },
)
FADE = Logistic(
    -17.97,
    {
        "pattern": 5.82,
        "ramp": 2.41,
        "other_ramp": 0.69,
        "flat": -0.54,
    },
)
"""Fitted on composed clips; see decision 17."""


@dataclass(frozen=True)
class Span:
    """Pictures of a candidate, all indices in the strip."""

    before: int
    """The last one that shows the old shot only."""
    middle: int
    """The first one of the new shot."""
    after: int
    """The first one that shows the new shot only."""
    line: tuple[float, ...]
    """How well the pictures between lie on the line, and how calm it is around."""


def dissolves(film: Film) -> Iterator[Span]:
    """Yield spans whose pictures blend into each other; of overlapping ones the clearest."""
    grid = _grid(film)
    found: list[tuple[float, int, int, tuple[float, ...]]] = []
    margin = max(LENGTHS) + SIDE
    for start in range(0, len(grid), BLOCK):
        low, high = max(start - margin, 0), min(start + BLOCK + 2 * margin, len(grid))
        squares = _squares(film.strip[grid[low:high]])
        for length in LENGTHS:
            found += _windows(squares, low, start, min(start + BLOCK, len(grid)), length)
    found.sort()
    taken = np.zeros(len(grid), np.bool_)
    for _, first, length, line in found:
        middle = slice(first + length // 3, first + length - length // 3 + 1)
        if not taken[middle].any():
            taken[first + 1 : first + length] = True
            span = _fitted(film, int(grid[first]), int(grid[first + length]), line)
            if span is not None:
                yield span


def _grid(film: Film) -> Places:
    times = film.times
    at = np.arange(times[0], times[-1] + 1, STEP_MS)
    return np.unique(np.searchsorted(times, at))


def _squares(pictures: Strip) -> Floats:
    """Return the mean squared distance between each two of the pictures."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    flat -= flat.mean(axis=0)
    products = flat @ flat.T / flat.shape[1]
    norms = np.diag(products)
    return np.maximum(norms[:, None] + norms[None] - 2 * products, 0).astype(np.float64)


def _windows(
    squares: Floats, low: int, start: int, end: int, length: int
) -> list[tuple[float, int, int, tuple[float, ...]]]:
    """Return windows that begin in `start..end` and look like a dissolve, with a score to sort by.

    `squares[0]` is grid picture `low`.
    """
    count = len(squares)
    a = np.arange(start - low, min(end - low, count - length))
    if not len(a):
        return []
    b = a + length
    whole = squares[a, b]
    steps = np.arange(1, length)
    inner = a[:, None] + steps
    to_a, to_b = squares[a[:, None], inner], squares[inner, b[:, None]]
    safe = np.maximum(whole, 1e-6)[:, None]
    share = (to_a + whole[:, None] - to_b) / (2 * safe)
    astray = np.sqrt(np.maximum(to_a - share**2 * safe, 0) / safe).mean(axis=1)
    uneven = np.abs(share - steps / length).mean(axis=1)
    jump = np.diff(np.pad(share, ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1)))).max(axis=1)
    around = [
        np.sqrt(squares[np.clip(x, 0, count - 1), y] / safe[:, 0])
        for x, y in ((a - SIDE, a), (b + SIDE, b))
    ]
    score = astray + uneven + 0.5 * (around[0] + around[1])
    lengths = np.full(len(a), length)
    measures = (astray, uneven, jump, lengths, *around, np.sqrt(whole))
    around_it = np.pad(score, 1, constant_values=np.inf)
    least = (score <= around_it[:-2]) & (score <= around_it[2:])
    good = least & (whole >= MIN_DISTANCE**2) & (astray <= MOST_ASTRAY) & (score < 1.6)
    return [
        (
            float(score[i]),
            int(a[i]) + low,
            length,
            tuple(float(x[i]) for x in measures),
        )
        for i in np.flatnonzero(good)
    ]


def _fitted(film: Film, first: int, last: int, line: tuple[float, ...]) -> Span | None:
    """Find in the pictures `first..last` where the blend begins, is half, and ends."""
    pictures = film.strip[first : last + 1].astype(np.float32).reshape(last - first + 1, -1)
    way = pictures[-1] - pictures[0]
    share = (pictures - pictures[0]) @ way / max(float(way @ way), 1.0)
    inside = np.flatnonzero((share > BLENDED) & (share < 1 - BLENDED))
    # With a flat picture in it or right beside, it is a fade, or half of one.
    flat = film.contrasts[max(first - 4, 0) : last + 5].min() < FLAT
    if flat or not len(inside):
        return None
    middle = int(np.argmax(share >= 0.5))
    return Span(
        first + max(int(inside[0]) - 1, 0),
        first + middle,
        first + min(int(inside[-1]) + 1, len(share) - 1),
        line,
    )


def features(film: Film, span: Span) -> dict[str, float]:
    """Return what tells a dissolve from movement, changing light and titles."""
    before, after = (np.ascontiguousarray(film.strip[i]) for i in (span.before, span.after))
    astray, uneven, jump, length, calm_before, calm_after, distance = span.line
    restless = min(max(calm_before, calm_after), 1.5)
    sides = film.contrasts[[span.before, span.after]]
    return {
        "astray": astray,
        "uneven": uneven,
        "jump": jump,
        "faster": jump - 1 / length,
        "restless": restless,
        "restless_twice": min(calm_before, calm_after, 1.0),
        "distance": float(np.log(distance)),
        "pattern": float(np.log(mismatch(before, after) + 0.03)),
        "kept": kept(before, after),
        "contrast": float(film.contrasts[span.middle] / (sides.min() + 1)),
    }


def fades(film: Film) -> Iterator[Span]:
    """Yield spans in which the picture gradually gives way to a flat one, or comes from it."""
    flat = film.contrasts < FLAT
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flat.view(np.int8), [0]))))
    for start, end in edges.reshape(-1, 2).tolist():
        before, after = _ramp(film, start, -1), _ramp(film, end - 1, 1)
        if before is None or after is None or max(start - before, after - end + 1) < 3:
            continue  # at the start or end of all; or between two hard cuts
        ramps = film.times[start] - film.times[before], film.times[after] - film.times[end - 1]
        line = float(max(ramps)), float(min(ramps)), float(film.times[end - 1] - film.times[start])
        yield Span(before, (before + after + 1) // 2, after, line)


def _ramp(film: Film, flat: int, way: int) -> int | None:
    """Return the picture at which contrast no longer grows as before, going `way` from a flat one.

    None if there is none that is not flat.
    """
    contrasts, times = film.contrasts, film.times
    best, at = flat, flat + way
    while 0 <= at < len(contrasts) and abs(times[at] - times[flat]) <= LONGEST_RAMP_MS:
        rate = (contrasts[best] - contrasts[flat]) / max(abs(best - flat), 1)
        if contrasts[at] > contrasts[best] + STILL_RISING * rate * abs(at - best):
            best = at
        elif abs(at - best) > LONGEST_REPEAT:
            break
        at += way
    return best if contrasts[best] >= 2 * FLAT else None


def fade_features(film: Film, span: Span) -> dict[str, float]:
    """Return what tells a fade from a flash or light that goes and comes back."""
    before, after = (np.ascontiguousarray(film.strip[i]) for i in (span.before, span.after))
    ramp, other, flat = span.line
    return {
        "pattern": mismatch(before, after),
        "ramp": float(np.log(ramp + 40)),
        "other_ramp": float(np.log(other + 40)),
        "flat": float(np.log(flat + 40)),
    }
