"""Faces left in redacted copies, of two photographs over others, at 24 and 60 pictures a second and
at an uneven rate: they show for a moment, rush past, turn, are covered, stand in changing light.

What there is to hide an onlooker tells, the same detector at full size in every picture of the
original: a picture of the copy shows a face where that finds one in the same place again. It is
asked once about an original, so a further run is quicker. Videos of your own (`EVAL_DIR`) need no
more truth than `{"to_redact": true}`.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from django.conf import settings

from eval.cases import Case, Truth, peer
from eval.pictures import photo, seen
from eval.running import THREADS, Done
from eval.scores import Tally
from pipeline.contract import Limits
from pipeline.engines import catalogue, centerface
from pipeline.media.container import open_media, picture_stream
from pipeline.media.decode import pictures
from pipeline.media.pictures import Converter, upright_size
from pipeline.media.things import ious
from pipeline.results import Box, Media, Redacted
from tests.clips import Picture, write

TRUTH = "to_redact"
_SIZE = (256, 144)
_MOST_PIXELS = 4096
"""Of a side that the onlooker looks at."""
_SHOWN, _SAME_PLACE = 0.4, 0.3
"""The onlooker's confidence, and the overlap (IoU), from which a face is still there."""
_HEADS = (
    ("astronaut.png", (slice(0, 225), slice(135, 315))),
    ("camera.png", (slice(90, 225), slice(175, 285))),
)
_GROUNDS = ("coffee.png", "rocket.jpg", "chelsea.png", "gravel.png", "hubble_deep_field.jpg")
_UNEVEN_MS = (8, 16, 17, 33, 33, 60, 120)

Scene = Callable[[np.random.Generator, Picture, Picture], Iterator[Picture]]
"""Draws a head, cut out of its photograph, over a ground."""


def _peeking(rng: np.random.Generator, head: Picture, ground: Picture) -> Iterator[Picture]:
    """A face shows for three to eight pictures, and again after more than a second."""
    middle, height = (rng.uniform(50, 206), rng.uniform(50, 94)), rng.uniform(56, 96)
    for _ in range(2):
        yield from [ground] * int(rng.integers(66, 76))
        yield from [_placed(ground, head, middle, height)] * int(rng.integers(3, 9))


def _rushing(rng: np.random.Generator, head: Picture, ground: Picture) -> Iterator[Picture]:
    """Faces cross one after another, by 0.15 to 0.7 of their height from picture to picture."""
    for _ in range(3):
        height, y = rng.uniform(40, 90), rng.uniform(50, 94)
        way = np.arange(-height, _SIZE[0] + height, rng.uniform(0.15, 0.7) * height)
        for x in way[:: rng.choice([-1, 1])]:
            yield _placed(ground, head, (x, y), height)
        yield from [ground] * int(rng.integers(10, 30))


def _turning(rng: np.random.Generator, head: Picture, ground: Picture) -> Iterator[Picture]:
    """A head rolls over, and turns aside, at uneven speed."""
    height, most, phase = rng.uniform(60, 100), rng.uniform(100, 400), rng.uniform(0, 6)
    for t in np.arange(60) / 60:
        angle, width = most * np.sin(1.7 * t + phase), 0.35 + 0.65 * abs(np.cos(4 * t))
        yield _placed(ground, head, (128 + 20 * np.sin(3 * t), 72), height, angle, width)


def _covered(rng: np.random.Generator, head: Picture, ground: Picture) -> Iterator[Picture]:
    """Something passes before a face that sways, again and again."""
    height, step = rng.uniform(50, 80), 0
    for hidden in (False, True) * 3:
        for _ in range(int(rng.integers(*((4, 30) if hidden else (3, 15))))):
            x, y, step = 128 + 48 * np.sin(step / 12), 64 + 6 * np.sin(step / 9), step + 1
            picture = _placed(ground, head, (x, y), height)
            if hidden:
                corner = np.array((0.6, 0.6)) * height
                near, far = (np.add((x, y), side * corner).astype(int) for side in (-1, 1))
                cv2.rectangle(picture, near.tolist(), far.tolist(), (60, 80, 90), -1)
            yield picture


def _lit(rng: np.random.Generator, head: Picture, ground: Picture) -> Iterator[Picture]:
    """Light is switched, and flashes, over a face that comes near and goes away."""
    light = 1.0
    for step in range(60):
        if step % 15 == 14:
            light = rng.choice([0.12, 0.3, 1, 1.6])
        flash = 4 if step % 20 in (7, 8) else 1
        x, height = 128 + 48 * np.sin(step / 30), 48 + 24 * np.sin(step / 15)
        picture = _placed(ground, head, (x, 72), height)
        yield (picture * (light * flash)).clip(0, 255).astype(np.uint8)


_SCENES: tuple[Scene, ...] = (_peeking, _rushing, _turning, _covered, _lit)


def _placed(
    ground: Picture,
    head: Picture,
    middle: tuple[float, float],
    height: float,
    angle: float = 0,
    width: float = 1,
) -> Picture:
    """Lay an oval of the head over the ground, turned by `angle` degrees, its width times `width`."""
    rows, columns = head.shape[:2]
    to_middle = np.array([[1, 0, -columns / 2], [0, 1, -rows / 2], [0, 0, 1]])
    size = np.diag([width, 1, 1])
    where = cv2.getRotationMatrix2D((0, 0), angle, height / rows)
    where[:, 2] += np.array(middle)
    oval = np.zeros((rows, columns), np.float32)
    cv2.ellipse(
        oval, (columns // 2, rows // 2), (columns // 2 - 2, rows // 2 - 2), 0, 0, 360, 1.0, -1
    )
    laid, share = (
        cv2.warpAffine(one, where @ size @ to_middle, _SIZE, flags=cv2.INTER_AREA)
        for one in (head, cv2.GaussianBlur(oval, (0, 0), 2))
    )
    return (ground * (1 - share[..., None]) + laid * share[..., None]).astype(np.uint8)


def _pictures(seed: int) -> Iterator[Picture]:
    rng = np.random.default_rng(seed)
    for number, scene in enumerate(_SCENES, start=seed):
        name, cut = _HEADS[number % len(_HEADS)]
        ground = seen(photo(_GROUNDS[number % len(_GROUNDS)]), (0.5, 0.5, 1), _SIZE)
        yield from scene(rng, photo(name)[cut], ground)


def even(rate: int, path: Path) -> Truth:
    """Draw all scenes at `rate` pictures a second."""
    write(path, _pictures(rate), rate=rate)
    return {TRUTH: True}


def uneven(path: Path) -> Truth:
    """Draw all scenes with 8 to 120 ms from picture to picture."""
    rng = np.random.default_rng(7)
    pictures = list(_pictures(7))
    write(path, pictures, times_ms=np.cumsum(rng.choice(_UNEVEN_MS, len(pictures))).tolist())
    return {TRUTH: True}


RECIPES = {
    "at-24.mp4": partial(even, 24),
    "at-60.mp4": partial(even, 60),
    "uneven.mkv": uneven,
}


def looked(done: Done) -> None:
    """It looks at every third picture, so within any half second."""


def score(case: Case, done: Done) -> Tally:
    """Tell the share of the pictures with a face in which one is left, and how many in a row."""
    turn = done[Media].result.video.rotation
    told = peer(
        "centerface-1", case.path, lambda path: {"faces": [*map(_faces, _frames(path, turn))]}
    )
    copy = done[Redacted].directory / done[Redacted].result.file
    pairs = zip(told["faces"], _frames(copy), strict=True)
    left = [bool(faces) and _is_left(faces, picture) for faces, picture in pairs]
    runs = [len(list(run)) for shown, run in groupby(left) if shown]
    with_face = sum(map(bool, told["faces"]))
    return Tally(also={"shown": (sum(left), with_face)}, most={"longest": max(runs, default=0)})


def _frames(path: Path, turn: int = 0) -> Iterator[Picture]:
    """Yield every picture, upright, at full size."""
    with open_media(path, Limits()) as container:
        stream = picture_stream(container)
        if stream is None:
            return
        context, aspect = stream.codec_context, Fraction(stream.sample_aspect_ratio or 1)
        size = upright_size(context.width, context.height, aspect, turn, _MOST_PIXELS)
        converter = Converter(*size, turn)
        for _, frame in pictures(container, stream, THREADS):
            yield converter.convert(frame)


def _faces(picture: Picture) -> list[Box]:
    detector = centerface.load(catalogue.locate(centerface.MODEL, settings.MODELS_DIR), THREADS)
    found = detector.find(picture, side=_MOST_PIXELS, min_confidence=_SHOWN)
    return [face.box for face in found]


def _is_left(faces: Sequence[Box], picture: Picture) -> bool:
    still = _faces(picture)
    return bool(still) and bool(ious(faces, still).max() > _SAME_PLACE)
