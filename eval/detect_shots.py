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
from eval.pictures import FRAME_MS, View, between, photo, seen
from eval.running import Done
from eval.scores import Tally, paired
from pipeline.results import Shots
from tests import clips
from tests.clips import Picture

TRUTH = "shots"
_SHOT_MS = 3000
_SIZE = (640, 360)
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
    photos = [photo(name) for name, *_ in _PATHS]

    def shown(number: int, at_ms: int) -> Picture:
        _, start, end = _PATHS[number]
        # Half a shot longer at either end, where it is blended with others.
        share = (at_ms / _SHOT_MS - number + 0.5) / 2
        return seen(photos[number], between(start, end, share), _SIZE)

    for at_ms in range(0, len(_PATHS) * _SHOT_MS, FRAME_MS):
        number, kind, share = _transition(at_ms)
        if not kind:
            yield shown(number, at_ms)
        elif kind == "dissolve":
            pair = shown(number, at_ms), shown(number + 1, at_ms)
            yield np.asarray(cv2.addWeighted(pair[0], 1 - share, pair[1], share, 0), np.uint8)
        else:
            picture = shown(number + (share >= 0.5), at_ms)
            yield np.asarray(picture * abs(2 * share - 1), np.uint8)


def _transition(at_ms: int) -> tuple[int, str, float]:
    """Return the scene that shows, and how far it has given way to the next, by what; or by ""."""
    for number, (kind, length_ms) in enumerate(_TRANSITIONS):
        since_ms = at_ms - (number + 1) * _SHOT_MS + length_ms // 2
        if 0 <= since_ms < length_ms:
            return number, kind, since_ms / length_ms
    return at_ms // _SHOT_MS, "", 0


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
