"""Pictures with a face in them: the astronaut of the bundled sample, moved about."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np

from tests.clips import SAMPLE, Picture, scene, write

SIZE = (640, 360)
_SEEN_S = 6.0
_EMPTY = 18
"""Pictures of a scene without a face."""
_HEAD = (slice(0, 480), slice(360, 800))


@cache
def portrait(height: int = 160) -> Picture:
    """Return head and collar, (height, height * 11 / 12, 3); the face takes three fifths of it."""
    with av.open(str(SAMPLE)) as container:
        container.seek(int(_SEEN_S * av.time_base))
        shown = (frame for frame in container.decode(video=0) if (frame.time or 0) >= _SEEN_S)
        head = next(shown).to_ndarray(format="bgr24")[_HEAD]
    size = (height * head.shape[1] // head.shape[0], height)
    return cast("Picture", cv2.resize(head, size, interpolation=cv2.INTER_AREA))


def placed(picture: Picture, at: tuple[int, int], head: Picture) -> Picture:
    """Return `picture` with `head` at (x, y), also partly beside it."""
    x, y = at
    shown = picture.copy()
    height, width = picture.shape[:2]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + head.shape[1], width), min(y + head.shape[0], height)
    if left < right and top < bottom:
        shown[top:bottom, left:right] = head[top - y : bottom - y, left - x : right - x]
    return shown


def crossing(path: Path, *, hidden: Sequence[int] = (), tone_s: float = 0) -> int:
    """A scene without a face, one that a face crosses and leaves, and another without.

    In the pictures `hidden` of the middle one something stands before the face. Returns how many
    pictures the first scene has.
    """
    head = portrait()

    def pictures() -> Iterator[Picture]:
        for step in range(_EMPTY):
            yield scene(1, step, SIZE)
        for step in range(50):
            at = (-140 + 16 * step, 100)
            yield placed(
                scene(2, step // 4, SIZE), at, np.full_like(head, 90) if step in hidden else head
            )
        for step in range(_EMPTY):
            yield scene(3, step, SIZE)

    write(path, pictures(), tone_s=tone_s)
    return _EMPTY
