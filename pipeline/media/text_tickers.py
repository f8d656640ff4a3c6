"""Follows text that runs along its row, and may be longer than the picture is wide: a ticker.

A detector finds pieces of it. From one piece it is followed both ways by the strokes of its row,
column by column, until nothing moves on with it; so it is known where it begins and ends, though
both are never in one picture, and which samples show it whole between them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.media.text_lines import PixelBox
from pipeline.media.text_rows import FAR, SLACK, WORD, Placed, Row
from pipeline.media.text_tracks import Track

AGREE = 3
"""How many samples at least have to agree on where it begins."""
STEP = 0.6
"""Of the picture's width, from one reading to the next."""


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
        middle = last.box[0] + last.box[2] / 2
        if abs(last.box[1] + last.box[3] / 2 - self.top - self.height / 2) > self.height / 2:
            return False
        if first is last:
            return any(
                one.number == last.number and one.left <= middle < one.right for one in self.placed
            )
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
    track: Track,
    read: Callable[[int], npt.NDArray[np.uint8]],
    times_ms: Sequence[int],
    width: int,
) -> Ticker | None:
    """Return the ticker that the track is a piece of; None: it is none.

    `read` gives samples by their numbers, (H, `width`, 3) uint8 BGR, shown at `times_ms`.
    """
    if not _may_run(track, width):
        return None
    row = Row(read, times_ms, width, track.last.box[1], track.last.box[3])
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
