"""Follows text that runs along its row, and may be longer than the picture is wide: a ticker.

A detector finds pieces of it. From one piece it is followed both ways by the strokes of its row,
column by column, until nothing moves on with it; so it is known where it begins and ends, though
both are never in one picture, and which samples show it whole between them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.media.strokes import MOVES, SHRINK, Strokes, edges, strokes
from pipeline.media.text_lines import PixelBox
from pipeline.media.text_tracks import Track

ROUND = 1.0
"""Rows above and below that are compared too, in heights: under a pan they move along."""
PANS = 0.5
"""Share of the text's columns beside which something moves along, from which on it is a pan."""
FAR = 6
"""Pixels from one sample to the next that are motion."""
SEED = 0.4
"""How wide a part of the picture at most is searched for in the next sample."""
SLACK = 8
"""Pixels from where a ticker is expected that it may be."""
EVEN = 0.2
"""Share by which the speeds before and after a sample may differ."""
SMEAR = 1.0
"""Shrunk pixels over which strokes are smeared."""
ALIKE, FAINT = 0.6, 12.0
"""Least correlation of columns that are the same, and their least root mean square of strokes."""
GAP, WORD = 2.5, 2.0
"""Widest gap between words, and least width of what counts, in heights."""
LONGEST_MS = 60_000
"""What runs on for longer than this either way is told in parts."""
AGREE = 3
"""How many samples at least have to agree on where it begins."""
STEP = 0.6
"""Of the picture's width, from one reading to the next."""
LEAST_MATCH = 3

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Placed:
    """Where the ticker is in one sample, pixels."""

    number: int
    at_ms: int
    origin: float
    """The x of a point of the text that stays the same."""
    left: int
    right: int
    """From where to where the text shows."""


@dataclass(frozen=True)
class Ticker:
    top: int
    height: int
    width: int
    """Of the picture."""
    placed: Sequence[Placed]
    """Ascending, in every sample that shows any of it; two at least."""

    @property
    def speed(self) -> float:
        """Pixels to the right a ms."""
        first, last = self.placed[0], self.placed[-1]
        return (last.origin - first.origin) / (last.at_ms - first.at_ms)

    def ends(self) -> tuple[float, float]:
        """Return from where to where the text goes, from its origin."""
        # Where it is cut off, by the picture's edge or by a label, it seems to begin later.
        begins = [one.left - one.origin for one in self.placed if one.left > self.height]
        far = self.width - self.height
        stops = [one.origin - one.right for one in self.placed if one.right < far]
        begin, end = self._least(begins), self._least(stops)
        if begin is None:
            begin = min(one.left - one.origin for one in self.placed)
        if end is None:
            end = min(one.origin - one.right for one in self.placed)
        return begin, -end

    def _least(self, places: list[float]) -> float | None:
        """Return the least that several agree on."""
        for place in sorted(places):
            near = [other for other in places if abs(other - place) < self.height / 2]
            if len(near) >= min(AGREE, len(places)):
                return float(np.median(near))
        return None

    def span(self, before_ms: int, after_ms: int) -> tuple[int, int]:
        """Return when its first letter comes in and its last one is out.

        `before_ms`, `after_ms`: the nearest samples without it.
        """
        first, last = self.placed[0], self.placed[-1]
        begin, end = self.ends()
        into, out = (self.width - begin, -end) if self.speed < 0 else (-end, self.width - begin)
        start_ms = first.at_ms + (into - first.origin) / self.speed
        end_ms = last.at_ms + (out - last.origin) / self.speed
        hidden_ms = WORD * self.height / abs(self.speed)  # less of it doesn't count as seen
        return (
            round(min(max(start_ms, before_ms - hidden_ms, 0), first.at_ms)),
            round(max(min(end_ms, after_ms + hidden_ms), last.at_ms + 1)),
        )

    def crops(self) -> list[tuple[int, PixelBox]]:
        """Return samples and boxes in them that show all of it, in the order of the text."""
        begin, end = self.ends()
        chosen: list[Placed] = []
        reach = begin + self.height
        along = sorted(self.placed, key=lambda one: -one.origin)
        for one, following in zip(along, [*along[1:], None], strict=True):
            if following is not None and following.left - following.origin <= reach:
                continue
            chosen.append(one)
            if one.right - one.origin >= end - self.height:
                break
            reach = one.left - one.origin + STEP * self.width
        return [(one.number, self._box(one, begin, end)) for one in chosen]

    def holds(self, track: Track) -> bool:
        """Tell whether the track is a piece of it."""
        first, last = track.sightings[0], track.last
        if abs(last.box[1] + last.box[3] / 2 - self.top - self.height / 2) > self.height / 2:
            return False
        if not self.placed[0].at_ms <= (first.at_ms + last.at_ms) / 2 <= self.placed[-1].at_ms:
            return False
        moved = self.speed * (last.at_ms - first.at_ms)
        along = abs(last.box[0] - first.box[0] - moved) < SLACK + abs(moved) / 4
        return along and _may_run(track, self.width)

    def _box(self, one: Placed, begin: float, end: float) -> PixelBox:
        left, right = round(one.origin + begin), round(one.origin + end)
        if one.left - left > 2 * self.height or left < 0:
            left = one.left
        if right - one.right > 2 * self.height or right > self.width:
            right = one.right
        return left, self.top, max(right - left, 1), self.height


def ticker(
    track: Track, read: Callable[[int], npt.NDArray[np.uint8]], times_ms: Sequence[int]
) -> Ticker | None:
    """Return the ticker that the track is a piece of; None: it is none.

    `read` gives samples by their numbers, (H, W, 3) uint8 BGR, which are shown at `times_ms`.
    """
    if not _may_run(track, read(track.last.number).shape[1]):
        return None
    row = _Row(read, times_ms, track.last.box[1], track.last.box[3])
    seen = track.sightings[len(track.sightings) // 2]
    speed = row.speed(seen.number, seen.box)
    if speed is None:
        return None
    back = list(row.walk(seen.number, speed, -1))
    on = list(row.walk(seen.number, speed, 1))
    placed = [*back[::-1], *on]
    if len(placed) < 2 or placed[0].number > track.sightings[0].number:
        return None
    if placed[-1].number < track.last.number:  # it came, and stands
        return None
    return Ticker(row.top, row.height, row.width, placed)


def _may_run(track: Track, width: int) -> bool:
    first, last = track.sightings[0].box, track.last.box
    if abs(first[1] - last[1]) > last[3] / 4:
        return False
    cut_off = last[0] < last[3] or last[0] + last[2] > width - last[3]
    return abs(first[0] - last[0]) > FAR or cut_off


class _Row:
    """The strokes of one row of the samples. Inside, lengths are of shrunk pixels."""

    def __init__(
        self,
        read: Callable[[int], npt.NDArray[np.uint8]],
        times_ms: Sequence[int],
        top: int,
        height: int,
    ) -> None:
        self._read, self._times = read, times_ms
        self.top, self.height = top, height
        self.width = read(0).shape[1]
        self._size = max(height // SHRINK, 4)
        around = round(ROUND * height)
        self._above = min(around, top)
        self._rows = slice(top - self._above, top + height + around)
        self._known: dict[int, Strokes] = {}

    def speed(self, number: int, box: PixelBox) -> float | None:
        """Return how fast what stands in the box moves, pixels a ms; None: not, or not evenly."""
        speeds = [self._to(number, other, box) for other in (number - 1, number + 1)]
        even = [speed for speed in speeds if speed is not None]
        if not even or 0 in even:
            return None
        if len(even) > 1 and abs(even[0] - even[1]) > EVEN * abs(even[0]):
            return None
        return sum(even) / len(even)

    def walk(self, number: int, speed: float, way: int) -> Iterator[Placed]:
        """Yield where the ticker is in the samples before (-1) or after (1) `number`.

        With the later ones comes the sample itself.
        """
        begun_ms, origin = self._times[number], 0.0
        while 0 <= number + way < len(self._times):
            now_ms, then_ms = self._times[number], self._times[number + way]
            if abs(then_ms - begun_ms) > LONGEST_MS:
                return
            shift = speed * (then_ms - now_ms)
            shift, here = self._matched(number, number + way, shift)
            if here is None:
                return
            if way > 0 and now_ms == begun_ms:
                yield self._placed(number, origin, here[0])
            origin += shift
            if abs(then_ms - begun_ms) > 1000:
                speed = origin / (then_ms - begun_ms)
            number += way
            yield self._placed(number, origin, here[1])

    def _placed(self, number: int, origin: float, shown: Mask) -> Placed:
        columns = np.flatnonzero(shown)
        left, right = int(columns[0]) * SHRINK, (int(columns[-1]) + 1) * SHRINK
        # Columns are compared in windows, which reach half their width beyond the text.
        reach = self.height // 2
        left = left + reach if left else 0
        right = right - reach if right < self.width - SHRINK else self.width
        return Placed(number, self._times[number], origin, left, max(right, left + 1))

    def _to(self, number: int, other: int, box: PixelBox) -> float | None:
        """Return the speed from one sample to another; 0.0: it stands; None: it is not there."""
        if not 0 <= other < len(self._times):
            return None
        wide = int(min(box[2], SEED * self.width)) // SHRINK
        middle = (box[0] + box[2] // 2) // SHRINK
        left = max(middle - wide // 2, 0)
        text = self._inner(number)[:, left : left + wide]
        scores = cv2.matchTemplate(self._inner(other), text, cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, _) = cv2.minMaxLoc(scores)
        if best < MOVES:
            return None
        moved = (x - left) * SHRINK
        if abs(moved) < FAR or self._pans(number, other, moved):
            return 0.0
        return float(moved / (self._times[other] - self._times[number]))

    def _pans(self, number: int, other: int, moved: float) -> bool:
        """Tell whether what lies above and below moves along."""
        a, b = self._strokes(number), self._strokes(other)
        inner = self._inside()
        shift = round(moved / SHRINK)
        text = _columns(a[inner], b[inner], shift, self._size).sum()
        beside = [
            _columns(a[rows], b[rows], shift, self._size).sum()
            for rows in (slice(0, inner.start), slice(inner.stop, None))
            if len(a[rows]) > self._size // 2
        ]
        return bool(beside) and max(beside) > PANS * text

    def _matched(
        self, number: int, other: int, expected: float
    ) -> tuple[float, tuple[Mask, Mask] | None]:
        """Return by how much the text has moved to the other sample, and its columns in both."""
        a, b = self._inner(number), self._inner(other)
        about = round(expected / SHRINK)
        slack = max(SLACK // SHRINK, abs(about) // 16)
        shifts = range(about - slack, about + slack + 1)
        found = [(int((shown := _columns(a, b, s, self._size)).sum()), s, shown) for s in shifts]
        most, shift, shown = max(found, key=lambda one: (one[0], -abs(one[1] - about)))
        if most < WORD * self._size:
            return expected, None
        return float(shift * SHRINK), (shown, _moved(shown, shift))

    def _inside(self) -> slice:
        above = self._above // SHRINK
        return slice(above, above + self._size)

    def _inner(self, number: int) -> Strokes:
        return self._strokes(number)[self._inside()]

    def _strokes(self, number: int) -> Strokes:
        known = self._known.get(number)
        if known is None:
            known = strokes(edges(self._read(number)[self._rows]))
            # What does not change along the row, as a bar's edges, looks the same wherever it goes.
            known = known - cv2.blur(known, (2 * self._size, 1))
            # An odd number of pixels is half a shrunk one more, and strokes are as thin.
            known = np.asarray(cv2.GaussianBlur(known, (0, 0), SMEAR), np.float32)
            self._known = {**dict(list(self._known.items())[-2:]), number: known}
        return known


def _columns(a: Strokes, b: Strokes, shift: int, height: int) -> Mask:
    """Return which columns of `a` are in `b`, too, `shift` to the right; words, gaps between them."""
    moved = _shifted(b, -shift)
    window = (height, 1)
    alike, power, other = (
        np.asarray(cv2.blur((x * y).mean(axis=0)[None], window, borderType=cv2.BORDER_CONSTANT))[0]
        for x, y in ((a, moved), (a, a), (moved, moved))
    )
    same = alike > ALIKE * np.sqrt(np.maximum(power * other, 0))  # rounding leaves -0.001
    same &= np.minimum(power, other) > FAINT**2
    words = cv2.morphologyEx(
        same.astype(np.uint8)[None], cv2.MORPH_CLOSE, np.ones((1, round(GAP * height)), np.uint8)
    )
    least = np.ones((1, round(WORD * height)), np.uint8)
    return np.asarray(np.asarray(cv2.morphologyEx(words, cv2.MORPH_OPEN, least))[0] > 0)


def _shifted(field: Strokes, shift: int) -> Strokes:
    """Return the field, moved to the right; 0 where nothing comes in."""
    moved = np.zeros_like(field)
    width = field.shape[1]
    if abs(shift) < width:
        moved[:, max(shift, 0) : width + min(shift, 0)] = field[
            :, max(-shift, 0) : width - max(shift, 0)
        ]
    return moved


def _moved(shown: Mask, shift: int) -> Mask:
    return np.asarray(_shifted(shown.astype(np.float32)[None], shift)[0] > 0)


def join_readings(readings: Sequence[str]) -> str:
    """Return the text of which these are parts, in order, each the end of one the begin of the next.

    What lies at the edge of a picture is read wrongly, so of what two have in common the first
    gives the first half, and the second the rest.
    """
    whole = ""
    for part in readings:
        matcher = SequenceMatcher(None, whole.casefold(), part.casefold(), autojunk=False)
        begin = max(len(whole) - len(part) - LEAST_MATCH, 0)
        match = matcher.find_longest_match(begin, len(whole), 0, len(part))
        if match.size < LEAST_MATCH:
            whole = f"{whole} {part}".strip()
        else:
            half = match.size // 2
            whole = whole[: match.a + half] + part[match.b + half :]
    return whole
