"""Persons and things followed: the sample's, and cut-out photographs that move over a ground.

A thing of the truth has `label`, `start_ms`, `end_ms`, and where it is to be told from others like
it, `boxes`: `[at_ms, x, y, w, h]` in 0..1, at least one, even motion in between.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from eval.cases import Case, Truth
from eval.pictures import FRAME_MS, photo
from eval.running import Done
from eval.scores import Tally, overlap_ms, tally
from pipeline.results import Box, Frames, Objects, Track
from tests import clips

TRUTH = "objects"
_WIDTH, _HEIGHT = 1280, 720
_HALF = 0.5
"""Share of a track's sightings that must lie on a thing for the track to be of it."""


@dataclass(frozen=True)
class Card:
    """A photograph that moves evenly; places are of its centre, in shares of the picture."""

    name: str
    label: str
    height: float
    """In shares of the picture's."""
    start: tuple[float, float]
    end: tuple[float, float]
    span_ms: tuple[int, int]

    def box(self, at_ms: int) -> Box:
        share = (at_ms - self.span_ms[0]) / (self.span_ms[1] - self.span_ms[0])
        x, y = (a + (b - a) * share for a, b in zip(self.start, self.end, strict=True))
        shape = _cut_out(self.name).shape
        width = self.height * _HEIGHT * shape[1] / shape[0] / _WIDTH
        return x - width / 2, y - self.height / 2, width, self.height

    def true(self) -> dict[str, Any]:
        boxes = [[at_ms, *self.box(at_ms)] for at_ms in self.span_ms]
        return {
            "label": self.label,
            "start_ms": self.span_ms[0],
            "end_ms": self.span_ms[1],
            "boxes": boxes,
        }


def _cut_out(name: str) -> clips.Picture:
    """Return the part of a photograph that its thing fills."""
    picture = photo(name)
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = _PARTS[name]
    rows, columns = (
        slice(int(y0 * height), int(y1 * height)),
        slice(int(x0 * width), int(x1 * width)),
    )
    return picture[rows, columns]


_PARTS = {
    "astronaut.png": (0.1, 0.0, 0.8, 1.0),
    "camera.png": (0.0, 0.0, 0.65, 1.0),
    "coffee.png": (0.0, 0.0, 1.0, 1.0),
    "motorcycle_left.png": (0.0, 0.0, 1.0, 1.0),
}
_ASTRONAUT = partial(Card, "astronaut.png", "person")
_CAMERAMAN = partial(Card, "camera.png", "person")


def _moved(cards: Sequence[Card], pillar: tuple[float, float] | None, path: Path) -> Truth:
    """Write the cards over a blurred lawn, later ones before earlier, a pillar before all."""
    lawn = cv2.resize(photo("grass.png"), (_WIDTH, _HEIGHT))
    ground = cv2.cvtColor(cv2.GaussianBlur(lawn, (0, 0), 3), cv2.COLOR_BGR2HSV)
    ground[..., :2] = 60, 90
    ground = cv2.cvtColor(ground, cv2.COLOR_HSV2BGR)

    def drawn() -> Iterator[clips.Picture]:
        for at_ms in range(0, max(card.span_ms[1] for card in cards), FRAME_MS):
            picture = ground.astype(np.uint8)
            for card in cards:
                if card.span_ms[0] <= at_ms < card.span_ms[1]:
                    _lay(picture, card, at_ms)
            if pillar:
                left, right = (round(x * _WIDTH) for x in pillar)
                picture[:, left:right] = 70
            yield picture

    clips.write(path, drawn())
    return {TRUTH: [card.true() for card in cards]}


def _lay(picture: clips.Picture, card: Card, at_ms: int) -> None:
    cut_out = _cut_out(card.name)
    scale = card.height * _HEIGHT / cut_out.shape[0]
    small = cv2.resize(cut_out, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x, y, _, _ = card.box(at_ms)
    placed = np.array([[1, 0, x * _WIDTH], [0, 1, y * _HEIGHT]])
    size = (_WIDTH, _HEIGHT)
    cv2.warpAffine(small, placed, size, dst=picture, borderMode=cv2.BORDER_TRANSPARENT)


RECIPES = {
    # Ever smaller ones, side by side.
    "sizes.mp4": partial(
        _moved,
        [
            _ASTRONAUT(height, (x, 0.5), (x + 0.03, 0.55), (0, 4000))
            for x, height in ((0.2, 0.7), (0.5, 0.4), (0.7, 0.25), (0.85, 0.15))
        ],
        None,
    ),
    # The same, standing still: one look decides.
    "still.mp4": partial(
        _moved,
        [
            _ASTRONAUT(height, (x, 0.5), (x, 0.5), (0, 4000))
            for x, height in ((0.2, 0.7), (0.5, 0.4), (0.7, 0.25), (0.85, 0.15))
        ],
        None,
    ),
    # Two walk past each other, one before the other; one goes behind a pillar.
    "crossing.mp4": partial(
        _moved,
        [
            _ASTRONAUT(0.6, (0.2, 0.5), (0.8, 0.5), (0, 6000)),
            _CAMERAMAN(0.7, (0.8, 0.55), (0.2, 0.55), (0, 6000)),
        ],
        None,
    ),
    "pillar.mp4": partial(
        _moved,
        [_ASTRONAUT(0.5, (0.15, 0.5), (0.85, 0.5), (0, 5000))],
        (0.42, 0.58),
    ),
    # Somebody leaves and another comes two seconds later; things besides.
    "coming.mp4": partial(
        _moved,
        [
            Card("motorcycle_left.png", "motorcycle", 0.35, (0.75, 0.25), (0.72, 0.25), (0, 8000)),
            Card("coffee.png", "cup", 0.3, (0.2, 0.25), (0.22, 0.25), (0, 8000)),
            _ASTRONAUT(0.45, (0.3, 0.72), (-0.15, 0.72), (0, 3000)),
            _CAMERAMAN(0.45, (-0.15, 0.72), (0.5, 0.72), (5000, 8000)),
        ],
        None,
    ),
}


def looked(done: Done) -> Sequence[int]:
    """Return when the pictures are shown that were looked at: all views."""
    return [view.at_ms for view in done[Frames].result.views]


def score(case: Case, done: Done) -> Tally:
    """Count things. "tracks" are of one that was found; "seen" is its share of the time."""
    found, there = done[Objects].result.tracks, case.truth[TRUTH]
    pairs = [(track, thing) for thing in there for track in found if _is(track, thing)]
    looks = [(at, thing) for at in looked(done) for thing in there if _spans(thing, at)]
    seen = [any(thing is of and _in(t, at) for t, of in pairs) for at, thing in looks]
    return tally(
        found,
        there,
        _is,
        {
            "tracks": (len(pairs), len({id(thing) for _, thing in pairs})),
            "seen": (sum(seen), len(looks)),
        },
    )


def _spans(thing: dict[str, Any], at_ms: int) -> bool:
    return bool(thing["start_ms"] <= at_ms < thing["end_ms"])


def _in(track: Track, at_ms: int) -> bool:
    return track.start_ms <= at_ms < track.end_ms


def _is(track: Track, thing: dict[str, Any]) -> bool:
    together = overlap_ms((track.start_ms, track.end_ms), (thing["start_ms"], thing["end_ms"]))
    if not together or track.label != thing["label"]:
        return False
    on = [_lies_on(seen.box, _place(thing, seen.at_ms)) for seen in track.boxes]
    return sum(on) >= _HALF * len(on)


def _place(thing: dict[str, Any], at_ms: int) -> Box:
    """Return where the thing is; all over the picture where the truth does not say."""
    boxes = thing.get("boxes")
    if not boxes:
        return 0.0, 0.0, 1.0, 1.0
    after = min(max(bisect_right([box[0] for box in boxes], at_ms), 1), len(boxes) - 1)
    before = max(after - 1, 0)
    times = [boxes[before][0], boxes[after][0]]
    x, y, w, h = (
        float(np.interp(at_ms, times, [a, b]))
        for a, b in zip(boxes[before][1:], boxes[after][1:], strict=True)
    )
    return x, y, w, h


def _lies_on(box: Box, place: Box) -> bool:
    """Tell whether the middle of `box` lies within `place`."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return place[0] <= x <= place[0] + place[2] and place[1] <= y <= place[1] + place[3]
