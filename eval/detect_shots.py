"""Boundaries of shots: the sample's, those of drawn scenes in which much looks like a cut, and of
photographs that dissolve and fade.

A shot of the truth begins in the middle of its `transition`, which lasts `transition_ms`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from eval.cases import Case, Truth
from eval.pictures import FRAME_MS, View, pan, photo
from eval.running import Done
from eval.scores import Tally, paired
from pipeline.results import Shots
from tests import clips
from tests.clips import Picture

TRUTH = "shots"
_SHOT_MS = 3000
_PATHS: tuple[tuple[str, View, View], ...] = (
    ("coffee.png", (0.4, 0.5, 0.9), (0.6, 0.5, 0.7)),
    ("chelsea.png", (0.6, 0.5, 0.6), (0.4, 0.5, 0.8)),
    ("rocket.jpg", (0.5, 0.6, 0.9), (0.5, 0.4, 0.6)),
    ("astronaut.png", (0.5, 0.3, 0.9), (0.5, 0.3, 0.6)),
    ("camera.png", (0.4, 0.4, 0.7), (0.6, 0.5, 0.9)),
    ("hubble_deep_field.jpg", (0.4, 0.4, 0.5), (0.6, 0.6, 0.5)),
    ("retina.jpg", (0.5, 0.5, 0.7), (0.5, 0.5, 0.6)),
)
_TRANSITIONS = (
    *(("dissolve", 800), ("fade", 1200), ("cut", 0)),
    *(("dissolve", 480), ("dissolve", 1600), ("fade", 800)),
)


def looked(done: Done) -> None:
    """Every picture is looked at."""


def score(case: Case, done: Done) -> Tally:
    """Count boundaries found within a picture of a cut, or inside of a dissolve or fade."""
    shots: Shots = done[Shots].result
    found = [shot.start_ms for shot in shots.shots[1:]]
    return paired(found, case.truth[TRUTH][1:], _is)


def _is(at_ms: int, shot: dict[str, Any]) -> bool:
    within_ms: int = max(FRAME_MS, shot.get("transition_ms", 0) // 2)
    return abs(at_ms - int(shot["start_ms"])) <= within_ms


def _drawn(make: Callable[[Path], list[int]], path: Path) -> Truth:
    return {TRUTH: [{"start_ms": at_ms} for at_ms in (0, *make(path))]}


def gradual(path: Path) -> Truth:
    """Write seven photographs under a moving camera that dissolve, fade through black, or cut."""
    clips.write(path, _blended())
    starts: list[dict[str, Any]] = [{"start_ms": 0}]
    for number, (kind, length_ms) in enumerate(_TRANSITIONS, start=1):
        at_ms = number * _SHOT_MS
        starts.append({"start_ms": at_ms, "transition": kind, "transition_ms": length_ms})
    return {TRUTH: starts}


def _blended() -> Iterator[Picture]:
    scenes = [list(pan(photo(name), start, end, 2 * _SHOT_MS)) for name, start, end in _PATHS]
    for step in range(len(_PATHS) * _SHOT_MS // FRAME_MS):
        yield _at(scenes, step * FRAME_MS)


def _at(scenes: list[list[Picture]], at_ms: int) -> Picture:
    """Return what shows; each scene is drawn half a shot longer at either end, to be blended."""

    def shown(number: int) -> Picture:
        return scenes[number][(at_ms - number * _SHOT_MS + _SHOT_MS // 2) // FRAME_MS]

    for number, (kind, length_ms) in enumerate(_TRANSITIONS, start=1):
        share = (at_ms - number * _SHOT_MS) / length_ms + 0.5 if length_ms else -1
        if 0 <= share < 1:
            before, after = shown(number - 1), shown(number)
            if kind == "dissolve":
                return np.asarray(cv2.addWeighted(before, 1 - share, after, share, 0), np.uint8)
            light = abs(2 * share - 1)
            return np.asarray((before if share < 0.5 else after) * light, np.uint8)
    return shown(at_ms // _SHOT_MS)


RECIPES = {
    "gradual.mp4": gradual,
    **{
        f"{make.__name__.replace('_', '-')}.mp4": partial(_drawn, make)
        for make in (
            *(clips.hard_cuts, clips.repeated_pictures, clips.flashes, clips.titles),
            *(clips.bannered, clips.popping_plates, clips.pillarboxed),
        )
    },
}
