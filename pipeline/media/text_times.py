"""Finds when a text comes and goes, from where it was seen and the strip of every picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.media.text_lines import PixelBox, covered
from pipeline.media.text_tracks import Sighting, Track
from pipeline.results import Box

Strip = npt.NDArray[np.uint8]
Times = npt.NDArray[np.int64]

COMING = 0.2
"""Share of the change that has happened when a fading text counts as shown."""
FAINT = 4.0
"""Root mean square change, 0..255, below which the strip cannot tell."""
_LONGEST_TURN_MS, _STOOD = 1500, 0.9
_FAR = 6
"""Pixels from one sighting to the next that are motion."""
_LONGEST_LEAVE_MS, _LONGEST_STEP_MS = 4000, 1000
_STEADY = 3


@dataclass(frozen=True)
class Timing:
    """What is known of the pictures. Times in ms."""

    strip: Strip
    times: Times
    cuts: Sequence[int]
    size: tuple[int, int]
    """Width and height of the samples."""
    first_ms: int
    """When the first sample is shown."""
    end_ms: int

    def span(self, track: Track) -> tuple[int, int]:
        """Return when the text comes and goes, never inside of the time in which it was seen."""
        seen = [*([track.part] if track.part else []), *track.sightings]
        first_ms, last_ms = seen[0].at_ms, seen[-1].at_ms
        if track.absent_before_ms is None:
            start_ms = 0 if first_ms == self.first_ms else first_ms
        else:
            entered_ms = self._over_the_edge_ms(track.sightings[:3][::-1], track.absent_before_ms)
            start_ms = (
                self._turn(track.absent_before_ms, seen)
                if entered_ms is None
                else max(entered_ms, 0)
            )
        if track.absent_after_ms is None:
            end_ms = self.end_ms
        else:
            left_ms = self._over_the_edge_ms(seen[-3:], track.absent_after_ms)
            end_ms = (
                self._turn(track.absent_after_ms, seen[::-1])
                if left_ms is None
                else min(left_ms, self.end_ms)
            )
        return min(start_ms, first_ms), max(end_ms, last_ms + 1)

    def _over_the_edge_ms(self, seen: Sequence[Sighting], absent_ms: int) -> int | None:
        """Return when a text that moves steadily through the three sightings is out of the picture.

        None: it does not, the edge is far, or it moves aslant and is gone by `absent_ms`, before
        it gets there.
        """
        if len(seen) < _STEADY:
            return None
        first, before, last = seen
        lasts_ms = last.at_ms - before.at_ms
        if abs(lasts_ms) > _LONGEST_STEP_MS:  # it stood, then jumped: else samples were nearer
            return None
        # What rolls or runs goes on over the edge, as a rule, and is lost before over busy ground.
        aslant = all(abs(last.box[axis] - before.box[axis]) >= _FAR for axis in (0, 1))
        for axis in (0, 1):
            speed = _steady_speed(axis, first, before, last)
            if speed is None:
                continue
            way = (
                last.box[axis] + last.box[axis + 2]
                if speed * lasts_ms < 0
                else self.size[axis] - last.box[axis]
            )
            at_edge = way - last.box[axis + 2] - last.box[3]  # what is nearly there may be hidden
            if aslant and at_edge > abs(speed * (absent_ms - last.at_ms)):
                continue
            takes_ms = way / abs(speed)
            if takes_ms <= _LONGEST_LEAVE_MS:
                return round(last.at_ms + (takes_ms if lasts_ms > 0 else -takes_ms))
        return None

    def _turn(self, absent_ms: int, seen: Sequence[Sighting]) -> int:
        """Return when the text came or went, between a sample without it and those with it.

        `seen` begins with the nearest sighting. A fading text may be too faint there to compare
        with, so the sighting next to it is tried first, if the text stood still meanwhile.
        """
        nearest = seen[0]
        low, high = sorted((absent_ms, nearest.at_ms))
        cut = next((cut for cut in self.cuts if low < cut <= high), None)
        if cut is not None:
            # A text that comes later than the cut, or goes before it, shows in its own shot.
            absent_ms = cut if absent_ms < nearest.at_ms else max(cut - 1, nearest.at_ms)
        for one in seen[1::-1]:
            if abs(one.at_ms - absent_ms) > _LONGEST_TURN_MS and one is not nearest:
                continue
            if covered(one.box, nearest.box) < _STOOD:
                continue
            turn = turning_ms(
                self.strip,
                self.times,
                self.normalised(one.box),
                absent_ms=absent_ms,
                seen_ms=one.at_ms,
            )
            if turn is not None:
                return turn
        return cut if cut is not None else (low + high) // 2

    def normalised(self, box: PixelBox) -> Box:
        """Return the box in shares of the picture."""
        width, height = self.size
        return box[0] / width, box[1] / height, box[2] / width, box[3] / height


def _steady_speed(axis: int, first: Sighting, before: Sighting, last: Sighting) -> float | None:
    """Return how fast a text moves along an axis, pixels a ms; None: hardly, or not steadily."""
    way = last.box[axis] - before.box[axis]
    speed = way / (last.at_ms - before.at_ms)
    earlier = (before.box[axis] - first.box[axis]) / (before.at_ms - first.at_ms)
    steady = 0.7 * speed**2 < speed * earlier < 1.4 * speed**2
    return speed if steady and abs(way) >= _FAR else None


def turning_ms(strip: Strip, times: Times, box: Box, *, absent_ms: int, seen_ms: int) -> int | None:
    """Return when the text in `box`, absent at one time, seen at the other, came or went.

    `strip` is (n, 27, 48, 3) uint8, `times` (n,) int64 ms, as in `Frames`. The answer is the time
    of the first picture with the text (if `absent_ms` is the earlier) or without it; None where
    the strip's cells barely change.
    """
    low, high = sorted((absent_ms, seen_ms))
    first, last = (int(np.searchsorted(times, at)) for at in (low, high))
    last = min(last, len(times) - 1)
    if last - first < 2:
        return None
    comes = absent_ms < seen_ms
    cells = _cells(strip[first : last + 1], box)
    if not comes:
        cells = cells[::-1]
    before, after = cells[:2].mean(axis=0), cells[-2:].mean(axis=0)
    step = after - before
    size = float(step @ step)
    if (size / len(step)) ** 0.5 < FAINT:
        return None
    progress = (cells - before) @ step / size
    turn = int(np.argmax(progress >= COMING))
    return int(times[first + turn] if comes else times[last - turn + 1 if turn else last])


def _cells(strip: Strip, box: Box) -> npt.NDArray[np.float32]:
    """Return the strip's cells under the box, (pictures, values) float32."""
    rows, columns = strip.shape[1:3]
    x, y, width, height = box
    left, right = int(x * columns), max(int(np.ceil((x + width) * columns)), 1)
    top, bottom = int(y * rows), max(int(np.ceil((y + height) * rows)), 1)
    part = strip[:, min(top, rows - 1) : bottom, min(left, columns - 1) : right]
    return part.reshape(len(strip), -1).astype(np.float32)
