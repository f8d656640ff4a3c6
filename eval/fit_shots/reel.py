"""Shots joined to a film, and where."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import av
import cv2
import numpy as np

from eval.fit_shots.material import Floats, Shot
from pipeline.engines.shots.strip import Strip, Times
from pipeline.media.decode import pictures
from pipeline.media.pictures import STRIP_HEIGHT, STRIP_WIDTH, Converter
from tests.clips import RATE, Picture, write

Transition = Literal["cut", "dissolve", "fade"]


@dataclass(frozen=True)
class Join:
    transition: Transition
    start: int
    """First picture that is not the old shot's alone."""
    end: int
    """First picture that is the new shot's alone; of a cut, `start`."""


@dataclass(frozen=True)
class Reel:
    shots: Shot
    """All pictures."""
    joins: tuple[Join, ...] = ()
    rate: int = RATE
    times_ms: tuple[int, ...] | None = None

    def cut(self, shot: Shot) -> "Reel":
        at = len(self.shots)
        return self._and(shot, Join("cut", at, at))

    def dissolve(self, shot: Shot, length: int) -> "Reel":
        start = len(self.shots) - length
        shares = np.arange(1, length + 1) / (length + 1)
        both = zip(self.shots[start:], shot[:length], shares, strict=True)
        mixed = [blend(old, new, share) for old, new, share in both]
        joined = replace(self, shots=self.shots[:start] + mixed)
        return joined._and(shot[length:], Join("dissolve", start, start + length))

    def fade(self, shot: Shot, out: int, hold: int, back: int, level: int) -> "Reel":
        """`out`, `hold`, `back`: pictures that go, stay flat and come. `level`: 0 black, 255."""
        flat = np.full_like(shot[0], level)
        start, end = len(self.shots) - out, len(self.shots) + hold + back
        going = [blend(p, flat, (i + 1) / (out + 1)) for i, p in enumerate(self.shots[start:])]
        coming = [blend(flat, p, (i + 1) / (back + 1)) for i, p in enumerate(shot[:back])]
        flats = self.shots[:start] + going + [flat] * hold + coming
        return replace(self, shots=flats)._and(shot[back:], Join("fade", start, end))

    def painted(self, paint: Callable[[int, Picture], Picture]) -> "Reel":
        """Return the same film, each picture as `paint` makes it of its index and itself."""
        return replace(self, shots=[paint(i, picture) for i, picture in enumerate(self.shots)])

    def showing(self, kept: Sequence[int], rate: int = RATE) -> "Reel":
        """Return a film of the pictures `kept`, ascending, some of them twice or not at all."""
        joins = (
            Join(j.transition, *(int(np.searchsorted(kept, at)) for at in (j.start, j.end)))
            for j in self.joins
        )
        return replace(self, shots=[self.shots[i] for i in kept], joins=tuple(joins), rate=rate)

    def calm(self, start: int, end: int) -> bool:
        """Tell whether no join lies within a few pictures of `start..end`."""
        return all(j.end + 8 < start or end + 8 < j.start for j in self.joins)

    def decoded(self, path: Path) -> tuple[Strip, Times]:
        """Encode to `path`; return the strip and times that the product decodes from it."""
        write(path, self.shots, rate=self.rate, times_ms=self.times_ms)
        tiny = Converter(STRIP_WIDTH, STRIP_HEIGHT, 0)
        with av.open(str(path)) as container:
            shown = pictures(container, container.streams.video[0], 1)
            times, strip = zip(*((at, tiny.convert(frame)) for at, frame in shown), strict=True)
        return np.array(strip), np.array(times, np.int64)

    def _and(self, shot: Shot, join: Join) -> "Reel":
        return replace(self, shots=self.shots + shot, joins=(*self.joins, join))


def cuts(shots: Sequence[Shot]) -> Reel:
    """Join shots by hard cuts."""
    reel = Reel(shots[0])
    for shot in shots[1:]:
        reel = reel.cut(shot)
    return reel


def blend(old: Picture, new: Picture, share: float) -> Picture:
    """Return `share` of the new picture over the old."""
    return np.asarray(cv2.addWeighted(old, 1 - share, new, share, 0), np.uint8)


def clipped(picture: Floats) -> Picture:
    return picture.clip(0, 255).astype(np.uint8)
