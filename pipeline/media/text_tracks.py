"""Texts on their way through the sampled pictures, none of them read yet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.media.strokes import STANDS, Strokes, cut_out, follow
from pipeline.media.text_changes import DENSE, Unseen
from pipeline.media.text_lines import PixelBox, covered

STILL = 16.0
"""Largest mean change of the strokes in a block of 16 × 16 that leaves a picture the same.

JPEG noise in a picture that stands still makes up to about 4, a line of small text 30.
"""
PAST = 8
"""How many samples before a round a newly found text is followed back."""
PLACES = 8
"""Of how many places in which text was found it is told what else comes there."""
SAME_PLACE, EQUAL = 0.6, 0.75
GROWN = 1.15
EDGE = 3
"""Pixels from the picture's left or right edge at which a text goes on beyond it."""
CROSSING_MS = 1500
"""What shows for less, at an edge, is on its way."""


@dataclass(frozen=True, order=True)
class Sighting:
    number: int
    """Of the sample."""
    at_ms: int
    box: PixelBox


@dataclass(eq=False)  # two tracks are the same only if they are one object
class Track:
    """One text and when it was seen. `absent_*_ms` are the nearest samples without it."""

    text: Strokes
    sightings: list[Sighting]
    """All of it, ascending."""
    part: Sighting | None = None
    """When a part of it was seen first, before it had all come in."""
    absent_before_ms: int | None = None
    absent_after_ms: int | None = None

    @property
    def first(self) -> Sighting:
        return self.part or self.sightings[0]

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]

    def at(self, number: int) -> PixelBox | None:
        """Return where it was in a sample."""
        return next((s.box for s in reversed(self.sightings) if s.number == number), None)

    def is_cut_off(self, width: int) -> bool:
        """Tell whether it shows once, briefly, and the edge of a picture so wide cuts it: a part."""
        left, right = self.last.box[0], self.last.box[0] + self.last.box[2]
        return (
            len(self.sightings) == 1
            and (left < EDGE or right > width - EDGE)
            and self.absent_before_ms is not None
            and self.absent_after_ms is not None
            and self.absent_after_ms - self.absent_before_ms < CROSSING_MS
        )

    def lies_at(self, seen: Sighting) -> bool:
        """Tell whether it lies where another text was seen, in the same sample: they are one."""
        box = self.at(seen.number)
        return box is not None and min(covered(box, seen.box), covered(seen.box, box)) >= EQUAL


@dataclass(frozen=True)
class _Seen:
    number: int
    at_ms: int
    shot: int
    strokes: Strokes
    same: bool
    """Whether it looks like the one before."""
    shifts: Sequence[tuple[int, int]]
    """How most of it has moved since the one before, pixels right and down."""


@dataclass
class Tracker:
    """Feed it the samples in order (`step`), and what a detector found in any of them (`add`)."""

    _alive: list[Track] = field(default_factory=list)
    _gone: list[Track] = field(default_factory=list)
    _seen: list[_Seen] = field(default_factory=list)
    _places: list[PixelBox] = field(default_factory=list)
    """Where text was found, the latest last."""
    _told: set[tuple[int, int]] = field(default_factory=set)
    """What `again` has told of, by first samples and tops."""
    _round: int = 0
    """The number of its first sample."""

    def step(
        self, at_ms: int, shot: int, strokes: Strokes, *, same: bool, shifts: list[tuple[int, int]]
    ) -> None:
        """Follow all texts into the next sample, in shot number `shot`."""
        number = self._seen[-1].number + 1 if self._seen else 0
        self._seen.append(_Seen(number, at_ms, shot, strokes, same, shifts))
        for track in self._alive[:]:
            if not self._prolong(track):
                self._alive.remove(track)
                self._gone.append(track)

    def add(self, number: int, found: Iterable[PixelBox]) -> None:
        """Take the boxes that a detector found in a sample of this round."""
        for box in found:
            known = [t for t in (*self._alive, *self._gone) if _same_place(t.at(number), box)]
            if known and box[2] * box[3] < GROWN * max(_area(t.at(number)) for t in known):
                continue
            self._begin(number, box, known)
            others = [place for place in self._places if not _same_place(place, box)]
            self._places = [*others, box][-PLACES:]

    def again(self, brief_ms: int, end_ms: int) -> list[Unseen]:
        """Return what stands in this round, unknown, where text was found: captions follow captions.

        What stands for less than `brief_ms` is passed over. Each is told once.
        """
        unseen = []
        for box in self._places:
            for since, until in self._runs(box):
                after_ms = self._at(until).at_ms if until <= self._seen[-1].number else end_ms
                lasted_ms = after_ms - self._at(since).at_ms
                middle = (since + until - 1) // 2
                strength = float(np.abs(cut_out(self._at(middle).strokes, box)).mean())
                known = any(_same_place(t.at(middle), box) for t in (*self._alive, *self._gone))
                new = (since, box[1]) not in self._told
                if lasted_ms >= brief_ms and strength >= DENSE and new and not known:
                    self._told.add((since, box[1]))
                    weight = strength * lasted_ms
                    bottom = box[1] + box[3]
                    unseen.append(Unseen(since, middle, until, box[1], bottom, 0.0, weight))
        return unseen

    def _runs(self, box: PixelBox) -> Iterator[tuple[int, int]]:
        """Yield from which to which sample of this round the strokes in a box stand, end exclusive."""
        since = self._round
        for before, seen in self._after(self._round):
            if not seen.same and not _stands(before.strokes, seen.strokes, box):
                yield since, seen.number
                since = seen.number
        if since <= self._seen[-1].number:  # or the round has begun with none
            yield since, self._seen[-1].number + 1

    def _at(self, number: int) -> _Seen:
        return self._seen[number - self._seen[0].number]

    def end_round(self) -> list[Track]:
        """Return the texts that have gone, and forget all samples but the last few."""
        gone, self._gone = self._gone, []
        self._round = self._seen[-1].number + 1
        self._told.clear()
        self._seen = self._seen[-PAST:]
        return gone

    def finish(self) -> list[Track]:
        """Return the texts that stand to the end."""
        return self._alive

    def _begin(self, number: int, box: PixelBox, parts: list[Track]) -> None:
        """Start a track, and look for it in the samples before and after.

        `parts` of it were known: it comes in from the edge, or word by word.
        """
        place = number - self._seen[0].number
        seen = self._seen[place]
        track = Track(cut_out(seen.strokes, box), [Sighting(number, seen.at_ms, box)])
        self._trace_back(track, place)
        for part in parts:
            (self._alive if part in self._alive else self._gone).remove(part)
            if part.first < track.first:
                track.part, track.absent_before_ms = part.first, part.absent_before_ms
        alive = self._prolong(track)
        (self._alive if alive else self._gone).append(track)

    def _trace_back(self, track: Track, place: int) -> None:
        for later, seen in zip(self._seen[place:0:-1], self._seen[place - 1 :: -1], strict=False):
            box: PixelBox | None = track.first.box
            if not later.same:
                back = [(-dx, -dy) for dx, dy in later.shifts]
                box = _followed(track, track.first.box, seen, back, seen.shot == later.shot)
            if box is None:
                track.absent_before_ms = seen.at_ms
                return
            track.sightings.insert(0, Sighting(seen.number, seen.at_ms, box))

    def _prolong(self, track: Track) -> bool:
        """Follow the track into all samples after its last; return whether it gets there."""
        for before, seen in self._after(track.last.number):
            box: PixelBox | None = track.last.box
            if not seen.same:
                box = _followed(track, track.last.box, seen, seen.shifts, seen.shot == before.shot)
            if box is None:
                track.absent_after_ms = seen.at_ms
                return False
            track.sightings.append(Sighting(seen.number, seen.at_ms, box))
        return True

    def _after(self, number: int) -> Iterator[tuple[_Seen, _Seen]]:
        """Yield the samples after `number`, each behind the one before."""
        place = number - self._seen[0].number
        yield from zip(self._seen[place:], self._seen[place + 1 :], strict=False)


def alike(a: Strokes, b: Strokes) -> bool:
    """Tell whether two samples look the same."""
    height, width = a.shape
    change = cv2.absdiff(a, b)
    blocks = (max(width // 16, 1), max(height // 16, 1))
    return float(cv2.resize(change, blocks, interpolation=cv2.INTER_AREA).max()) < STILL


def _followed(
    track: Track, box: PixelBox, seen: _Seen, shifts: Sequence[tuple[int, int]], may_move: bool
) -> PixelBox | None:
    return follow(track.text, box, seen.strokes, shifts=shifts, may_move=may_move)


def _stands(before: Strokes, now: Strokes, box: PixelBox) -> bool:
    a, b = cut_out(before, box), cut_out(now, box)
    return float(cv2.matchTemplate(b, a, cv2.TM_CCOEFF_NORMED)[0, 0]) >= STANDS


def _area(box: PixelBox | None) -> int:
    return box[2] * box[3] if box else 0


def _same_place(known: PixelBox | None, box: PixelBox) -> bool:
    if known is None:
        return False
    alike_high = 0.5 < known[3] / max(box[3], 1) < 2
    return alike_high and max(covered(known, box), covered(box, known)) >= SAME_PLACE
