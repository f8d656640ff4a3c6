"""Texts on their way through the sampled pictures, none of them read yet."""

from bisect import insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2

from pipeline.media.pictures import Picture
from pipeline.media.strokes import Strokes, cut_out, follow, strokes
from pipeline.media.text_lines import PixelBox, covered

STILL = 16.0
"""Largest mean change of the strokes in a block of 16 × 16 that leaves a picture the same.

JPEG noise in a picture that stands still makes up to about 4, a line of small text 30.
"""
PAST = 8
"""How many samples back a newly found text is looked for."""
MAX_CROPS = 8
MARGIN = 0.15
"""Kept left and right of a crop, in heights: boxes found in shrunk pictures cut off letters."""
SAME_PLACE = 0.6
GROWN = 1.15


@dataclass(frozen=True)
class Crop:
    at_ms: int
    picture: Picture
    box: PixelBox


@dataclass(eq=False)  # two tracks are the same only if they are one object
class Track:
    """One text and when it was seen. `absent_*_ms` are the nearest samples without it."""

    text: Strokes
    box: PixelBox
    sightings: list[tuple[int, PixelBox]] = field(default_factory=list)
    """When it was seen, and where; ascending."""
    absent_before_ms: int | None = None
    absent_after_ms: int | None = None
    crops: list[Crop] = field(default_factory=list)

    def see(self, at_ms: int, box: PixelBox, picture: Picture) -> None:
        self.box = box
        insort(self.sightings, (at_ms, box))
        x, y, width, height = box
        margin = round(height * MARGIN)
        crop = picture[y : y + height, max(x - margin, 0) : x + width + margin]
        self.crops.append(Crop(at_ms, crop.copy(), box))
        if len(self.crops) > MAX_CROPS:
            self.crops = self.crops[::2]


@dataclass(frozen=True)
class _Seen:
    at_ms: int
    shot: int
    strokes: Strokes
    picture: Picture


class Tracker:
    """Feed it the samples in order (`step`), and at some of them what a detector found (`add`)."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._past: deque[_Seen] = deque(maxlen=PAST)
        self.unchanged = False
        """Whether the latest sample looks like the one before."""

    def step(self, at_ms: int, shot: int, picture: Picture) -> list[Track]:
        """Follow all texts into the next sample; return those that are gone.

        `picture` is (H, W, 3) uint8 BGR, `shot` the number of the shot that it lies in.
        """
        before = self._past[-1] if self._past else None
        seen = _Seen(at_ms, shot, strokes(picture), picture)
        self._past.append(seen)
        self.unchanged = before is not None and _alike(before.strokes, seen.strokes)
        gone: list[Track] = []
        for track in self._tracks:
            box: PixelBox | None = track.box
            if before is not None and not self.unchanged:
                box = follow(track.text, track.box, seen.strokes, may_move=shot == before.shot)
            if box is None:
                track.absent_after_ms = at_ms
                gone.append(track)
            else:
                track.see(at_ms, box, picture)
        self._tracks = [track for track in self._tracks if track not in gone]
        return gone

    def add(self, found: Iterable[PixelBox]) -> None:
        """Take the boxes that a detector found in the latest sample."""
        now = self._past[-1]
        for box in found:
            mates = [t for t in self._tracks if _same_place(t.box, box)]
            if mates:
                self._renew(mates, box, now)
            else:
                self._tracks.append(self._begin(box, now))

    def finish(self) -> list[Track]:
        """Return the texts that stand to the end."""
        return self._tracks

    def _renew(self, mates: list[Track], box: PixelBox, now: _Seen) -> None:
        """Let a text that came in from the edge, or word by word, grow to all of itself."""
        track = mates[0]
        if box[2] * box[3] < GROWN * track.box[2] * track.box[3]:
            return
        track.text = cut_out(now.strokes, box)
        track.crops = []
        track.see(now.at_ms, box, now.picture)
        for other in mates[1:]:
            if other.sightings[0] < track.sightings[0]:
                track.sightings[:0] = other.sightings[:1]
                track.absent_before_ms = other.absent_before_ms
            self._tracks.remove(other)

    def _begin(self, box: PixelBox, now: _Seen) -> Track:
        """Start a track, and look for its beginning in the samples before."""
        track = Track(cut_out(now.strokes, box), box)
        track.see(now.at_ms, box, now.picture)
        later = now
        for seen in list(self._past)[-2::-1]:
            place = follow(track.text, track.box, seen.strokes, may_move=seen.shot == later.shot)
            if place is None:
                track.absent_before_ms = seen.at_ms
                break
            track.see(seen.at_ms, place, seen.picture)
            later = seen
        track.crops.sort(key=lambda crop: crop.at_ms)
        track.box = box
        return track


def _alike(a: Strokes, b: Strokes) -> bool:
    height, width = a.shape
    change = cv2.absdiff(a, b)
    blocks = (max(width // 16, 1), max(height // 16, 1))
    return float(cv2.resize(change, blocks, interpolation=cv2.INTER_AREA).max()) < STILL


def _same_place(known: PixelBox, box: PixelBox) -> bool:
    alike = 0.5 < known[3] / max(box[3], 1) < 2
    return alike and max(covered(known, box), covered(box, known)) >= SAME_PLACE
