"""Nudity found where there is none: photographs, a face among them, and drawings in skin's colours.

No picture that shows any is in the set, for none is at hand that may be passed on: recall takes
videos of your own (`EVAL_DIR`), whose truth lists spans with `start_ms` and `end_ms`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from eval.cases import Case, Truth
from eval.pictures import pan, photo
from eval.running import Done
from eval.scores import Tally, overlap_ms, tally
from pipeline.results import Frames, Nudity
from tests import clips

TRUTH = "nudity"
_SIZE = (640, 360)
_SKINS = ((150, 185, 235), (120, 160, 215), (90, 125, 180), (60, 85, 130), (45, 60, 95))
"""Blue, green, red."""
_SCENE_MS = 2000
_WARM = 0.4
"""How much of a photograph gives way to the colour of skin."""


def skin(path: Path) -> Truth:
    """Write bare walls, soft shapes like limbs, and photographs, all in the colours of skin."""
    clips.write(path, _pictures())
    return {TRUTH: []}


def _pictures() -> Iterator[clips.Picture]:
    for number, colour in enumerate(_SKINS):
        wall = np.full((_SIZE[1], _SIZE[0], 3), colour, np.uint8)
        yield from pan(wall, (0.5, 0.5, 1), (0.5, 0.5, 1), _SCENE_MS // 4, _SIZE)
        yield from pan(_limbs(number), (0.4, 0.4, 0.7), (0.6, 0.6, 0.8), _SCENE_MS, _SIZE)
    for name in ("astronaut.png", "retina.jpg", "ihc.png", "coffee.png"):
        picture = photo(name)
        warm = cv2.addWeighted(picture, 1 - _WARM, np.full_like(picture, _SKINS[1]), _WARM, 0)
        yield from pan(np.asarray(warm, np.uint8), (0.4, 0.3, 0.5), (0.5, 0.4, 0.9), 1500, _SIZE)


def _limbs(seed: int) -> clips.Picture:
    """Draw long soft shapes that cross each other over a dull ground."""
    rng = np.random.default_rng(seed)
    picture = np.full((_SIZE[1], _SIZE[0], 3), (70, 90, 60), np.float32)
    for _ in range(4):
        shape = np.zeros(picture.shape[:2], np.float32)
        centre = int(rng.integers(100, 540)), int(rng.integers(80, 280))
        axes = int(rng.integers(90, 220)), int(rng.integers(30, 80))
        cv2.ellipse(shape, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
        soft = cv2.GaussianBlur(shape, (0, 0), 12)[..., None]
        picture = picture * (1 - soft) + np.array(_SKINS[seed]) * (0.7 + 0.3 * soft) * soft
    return picture.clip(0, 255).astype(np.uint8)


RECIPES = {"skin.mp4": skin}


def looked(done: Done) -> Sequence[int]:
    frames: Frames = done[Frames].result
    return [sample.at_ms for sample in frames.samples]


def score(case: Case, done: Done) -> Tally:
    """Count spans that overlap; "falsely flagged" is the share of the time without nudity."""
    found: Nudity = done[Nudity].result
    spans = [(span.start_ms, span.end_ms) for span in found.spans]
    there = [(span["start_ms"], span["end_ms"]) for span in case.truth[TRUTH]]
    flagged = sum(end - start for start, end in spans)
    rightly = sum(overlap_ms(one, real) for one in spans for real in there)
    clean = done[Frames].result.end_ms - sum(end - start for start, end in there)
    return tally(
        spans,
        there,
        lambda one, real: overlap_ms(one, real) > 0,
        {"falsely flagged": (flagged - rightly, clean)},
    )
