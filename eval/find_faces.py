"""Faces followed: the sample's astronaut, walking, passing, covered, near and far."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.cases import Case, Truth
from eval.running import Done
from eval.scores import Tally, overlap_ms, tally
from pipeline.media.things import ious
from pipeline.results import Faces, Frames, Shots, Track
from pipeline.stages.find_faces import FindFaces, spaced
from tests.clips import RATE, Picture, scene, write
from tests.portraits import placed, portrait

TRUTH = "faces"
_SIZE = (960, 540)
_SCENE = 75
"""Pictures of each scene: three seconds."""
_FACE = (0.16, 0.15, 0.62, 0.67)
"""Where the face is in the portrait."""
_TOGETHER, _IN_PLACE = 0.5, 0.4
"""Share of the shorter span, and IoU where both are told, from which a track is of a face."""


@dataclass(frozen=True)
class _Walk:
    """A portrait so many pixels high that moves so far with each picture."""

    height: int
    start: tuple[float, float]
    pace: tuple[float, float] = (0, 0)
    hidden: range = range(0)

    def at(self, step: int) -> tuple[int, int]:
        (x, y), (dx, dy) = self.start, self.pace
        return round(x + dx * step), round(y + dy * step)


_SCENES = (
    (_Walk(200, (40, 150), (8, 0)), _Walk(120, (800, 60), (-8, 1))),
    (),
    (_Walk(60, (200, 300)), _Walk(44, (600, 100), (2, 1)), _Walk(80, (300, 60), (0, 3))),
    (_Walk(160, (300, 200), (3, 0), hidden=range(25, 40)), _Walk(100, (20, 60), (20, 0))),
)


def walking(path: Path) -> Truth:
    """Draw the scenes: two who pass each other, none, three far off, one covered and one in haste."""
    write(path, _pictures())
    faces = [_told(walk, number * _SCENE) for number, walks in enumerate(_SCENES) for walk in walks]
    return {TRUTH: faces}


RECIPES = {"faces.mp4": walking}


def _pictures() -> Iterator[Picture]:
    for number, walks in enumerate(_SCENES):
        for step in range(_SCENE):
            picture = scene(40 + number, step // 3, _SIZE)
            for walk in walks:
                if step not in walk.hidden:
                    picture = placed(picture, walk.at(step), portrait(walk.height))
            yield picture


def _told(walk: _Walk, first: int) -> dict[str, Any]:
    head = portrait(walk.height)
    boxes: list[dict[str, Any]] = []
    for step in range(_SCENE):
        x, y = walk.at(step)
        left, top, width, height = _FACE
        box = (
            (x + left * head.shape[1]) / _SIZE[0],
            (y + top * head.shape[0]) / _SIZE[1],
            width * head.shape[1] / _SIZE[0],
            height * head.shape[0] / _SIZE[1],
        )
        if box[0] + box[2] <= 1 and box[1] + box[3] <= 1:
            boxes.append({"at_ms": (first + step) * 1000 // RATE, "box": box})
    return {
        "start_ms": boxes[0]["at_ms"],
        "end_ms": boxes[-1]["at_ms"] + 1000 // RATE,
        "boxes": boxes,
    }


def looked(done: Done) -> Sequence[int]:
    """Return when the views are shown that were searched in any case."""
    frames: Frames = done[Frames].result
    shots: Shots = done[Shots].result
    cuts = [shot.start_ms for shot in shots.shots[1:]]
    groups = spaced(frames.views, cuts, FindFaces().look_every_ms)
    return [group[0].at_ms for group in groups]


def score(case: Case, done: Done) -> Tally:
    """Count faces. "tracks" are of one face; "seen" is the share of their time that tracks cover."""
    found: Faces = done[Faces].result
    there = case.truth[TRUTH]
    pairs = [(track, face) for face in there for track in found.tracks if _is(track, face)]
    together = sum(overlap_ms(_span(track), _told_span(face)) for track, face in pairs)
    shown = sum(end - start for start, end in map(_told_span, there))
    return tally(
        found.tracks,
        there,
        _is,
        {
            "tracks": (
                len(pairs),
                len({face["start_ms"] + face["boxes"][0]["box"][0] for _, face in pairs}),
            ),
            "seen": (together, shown),
        },
    )


def _is(track: Track, face: dict[str, Any]) -> bool:
    span, told = _span(track), _told_span(face)
    shorter = min(span[1] - span[0], told[1] - told[0])
    if overlap_ms(span, told) < _TOGETHER * shorter:
        return False
    by_time = {one["at_ms"]: one["box"] for one in face["boxes"]}
    pairs = [(seen.box, by_time[seen.at_ms]) for seen in track.boxes if seen.at_ms in by_time]
    fits = [ious([a], [b]).item() >= _IN_PLACE for a, b in pairs]
    return bool(fits) and sum(fits) > len(fits) / 2


def _span(track: Track) -> tuple[int, int]:
    return track.start_ms, track.end_ms


def _told_span(face: dict[str, Any]) -> tuple[int, int]:
    return face["start_ms"], face["end_ms"]
