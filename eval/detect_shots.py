"""Boundaries of shots, beside PySceneDetect's adaptive detector: the sample's, those of photographs
that are cut and blended here, and the drawn troubles that tests have, too.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from scenedetect import AdaptiveDetector, SceneManager, open_video

from eval.cases import Case, Truth
from eval.pictures import FRAME_MS, pan, photo
from eval.running import Done
from eval.scores import Tally, paired
from pipeline.results import Shot, Shots
from tests import clips, montages

TRUTH = "shots"
_SIZE = (640, 360)
_SHOT_MS = 3000
_NEAR_MS = 2 * FRAME_MS
"""How far from a true cut one may be found."""
_VIEWS = (
    ("astronaut.png", (0.5, 0.4, 0.9), (0.5, 0.35, 0.7)),
    ("coffee.png", (0.4, 0.5, 0.6), (0.6, 0.5, 0.6)),
    ("rocket.jpg", (0.5, 0.6, 0.9), (0.5, 0.4, 0.9)),
    ("chelsea.png", (0.5, 0.5, 0.5), (0.5, 0.5, 0.9)),
    ("camera.png", (0.4, 0.4, 0.7), (0.6, 0.5, 0.6)),
    ("retina.jpg", (0.5, 0.5, 0.8), (0.45, 0.5, 0.7)),
    ("coffee.png", (0.6, 0.6, 0.4), (0.6, 0.5, 0.4)),
    ("hubble_deep_field.jpg", (0.4, 0.4, 0.5), (0.6, 0.6, 0.5)),
)


def _scenes() -> list[list[clips.Picture]]:
    return [list(pan(photo(name), start, end, _SHOT_MS, _SIZE)) for name, start, end in _VIEWS]


def _true(starts: Sequence[tuple[int, str, int]]) -> Truth:
    """`starts`: first picture, transition and its length in pictures."""
    told: list[Truth] = [{"start_ms": 0, "transition": None, "transition_ms": 0}]
    told += [
        {"start_ms": at * FRAME_MS, "transition": how, "transition_ms": length * FRAME_MS}
        for at, how, length in starts
    ]
    return {TRUTH: told}


def troubled(path: Path) -> Truth:
    """Hard cuts among flashes, a title that slides in, shake, noise and repeated pictures."""
    rng = np.random.default_rng(3)
    scenes = _scenes()
    starts = [(sum(map(len, scenes[:i])), "cut", 0) for i in range(1, len(scenes))]

    def drawn() -> Iterator[clips.Picture]:
        for number, scene in enumerate(scenes):
            for step in range(len(scene)):
                at = step - step % 2 if number % 2 else step
                picture = (
                    np.roll(scene[at], rng.integers(-6, 7, 2), (0, 1)) if number == 2 else scene[at]
                )
                picture = picture + rng.normal(0, 10, picture.shape[:2])[..., None]
                if step in (30, 31, 50):
                    picture = picture * 0.2 + 200
                picture = picture.clip(0, 255).astype(np.uint8)
                if step > 25:
                    right = min(60 * (step - 25), 560)
                    cv2.rectangle(picture, (0, 240), (right, 320), (40, 40, 200), -1)
                yield picture

    clips.write(path, drawn())
    return _true(starts)


def blended(path: Path) -> Truth:
    """Dissolves of 8 to 40 pictures, and fades through black and white."""
    scenes = _scenes()
    out, starts = scenes[0], []
    for number, (scene, length) in enumerate(
        zip(scenes[1:], (8, 12, 20, 30, 40, 24, 24), strict=True)
    ):
        flat = np.full_like(scene[0], 255 if number == 6 else 0)
        for step in range(length):
            share = (step + 1) / (length + 1)
            old, new = out[step - length], scene[step]
            if number >= 5:
                old, new, share = (
                    (old, flat, 2 * share) if share < 0.5 else (flat, new, 2 * share - 1)
                )
            out[step - length] = cv2.addWeighted(old, 1 - share, new, share, 0).astype(np.uint8)
        how = "fade" if number >= 5 else "dissolve"
        starts.append((len(out) - length // 2, how, length))
        out = out + scene[length:]
    clips.write(path, out)
    return _true(starts)


def _drawn(make: Callable[[Path], list[int]], path: Path) -> Truth:
    return _true([(at_ms // FRAME_MS, "cut", 0) for at_ms in make(path)])


RECIPES = {
    "cuts.mp4": troubled,
    "blends.mp4": blended,
    **{
        f"{make.__name__.replace('_', '-')}.mp4": partial(_drawn, make)
        for make in (
            *(clips.hard_cuts, montages.repeated_pictures, montages.flashes, montages.titles),
            *(montages.bannered, montages.popping_plates, montages.pillarboxed),
        )
    },
}


def looked(_: Done) -> None:
    """Every picture is in the strip."""


def score(case: Case, done: Done) -> Tally:
    """Count boundaries, each once: within two pictures of a cut, inside a dissolve or fade.

    "typed" is the share of found ones that are called what they are.
    """
    there = case.truth[TRUTH][1:]
    shots: tuple[Shot, ...] = done[Shots].result.shots[1:]
    theirs = paired(_peer(case.path), there, _is)
    typed = [
        shot.transition == true.get("transition", "cut")
        for true in there
        for shot in shots
        if _is(shot.start_ms, true)
    ]
    return replace(
        paired([shot.start_ms for shot in shots], there, _is),
        also={
            "typed": (sum(typed), len(typed)),
            "peer's recall": (theirs.hit, theirs.there),
            "peer's precision": (theirs.right, theirs.found),
        },
    )


def _is(at_ms: int, true: Truth) -> bool:
    near = max(_NEAR_MS, int(true.get("transition_ms", 0)) // 2)
    return abs(at_ms - int(true["start_ms"])) <= near


def _peer(path: Path) -> list[int]:
    logging.getLogger("pyscenedetect").setLevel(logging.WARNING)  # it tells of every call
    manager = SceneManager()
    manager.add_detector(AdaptiveDetector(min_scene_len="0.6s"))
    manager.detect_scenes(open_video(str(path)))
    return [round(start.seconds * 1000) for start, _ in manager.get_scene_list()][1:]
