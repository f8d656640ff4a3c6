"""Shots of one's own footage and photographs, each in a view and a light drawn by chance."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from eval.pictures import View, seen
from tests.clips import Picture

SIZE = (320, 180)
WIDTH = 480
"""That footage and photographs are kept at, so that a camera may go nearer."""
LONGEST = 300
"""Pictures of a clip that are used: 12 s."""
SLOW, FAST = 0.004, 0.02
"""How far a camera goes from picture to picture, in widths of the photograph."""
REACH = 0.3
"""How far it goes before it turns back, likewise."""

Shot = list[Picture]
Floats = np.ndarray[Any, np.dtype[np.float64]]


class Material:
    """The clips and photographs of one half; the same seed gives the same shots."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Raises `ValueError` where `folder` has no two clips, or no two photographs."""
        self.rng = np.random.default_rng(seed)
        kept = [_pictures(path) for path in sorted(folder.iterdir())]
        self._clips = [pictures for pictures in kept if len(pictures) > 1]
        self._photos = [pictures[0] for pictures in kept if len(pictures) == 1]
        if min(len(self._clips), len(self._photos)) < 2:
            raise ValueError(f"{folder} needs two clips and two photographs at least.")
        self._last = -1

    def shots(self, count: int, least_s: float = 1, most_s: float = 3.2) -> list[Shot]:
        """Return shots of both kinds, no two in a row of one clip or photograph."""
        return [self._shot(self.length(least_s, most_s)) for _ in range(count)]

    def length(self, least_s: float, most_s: float) -> int:
        """Return a number of pictures, at 25 a second."""
        return int(self.rng.uniform(least_s, most_s) * 25)

    def _shot(self, length: int) -> Shot:
        clips, photos = len(self._clips), len(self._photos)
        chances = np.r_[np.full(clips, 0.6 / clips), np.full(photos, 0.4 / photos)]
        if self._last >= 0:
            chances[self._last] = 0
        self._last = int(self.rng.choice(clips + photos, p=chances / chances.sum()))
        if self._last < clips:
            return self.footage(length, self._last)
        how = self.rng.choice(["still", "pan", "fast pan", "zoom", "shake"])
        return self.photographed(length, str(how), self._last - clips)

    def footage(self, length: int, clip: int | None = None, view: View | None = None) -> Shot:
        """Return some of a clip, which runs back from its end where it is too short."""
        pictures = self._clips[self.rng.integers(len(self._clips)) if clip is None else clip]
        x, y, width = self.rng.uniform((0.4, 0.4, 0.55), (0.6, 0.6, 1))
        start = self.rng.integers(max(len(pictures) - length, 1))
        there_and_back = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
        at = (there_and_back[(start + i) % len(there_and_back)] for i in range(length))
        return self._graded([seen(pictures[i], view or (x, y, width), SIZE) for i in at])

    def one_scene(self, lengths: Sequence[int], views: Sequence[View]) -> list[Shot]:
        """Return shots of one clip, each from a view of its own."""
        clip = int(self.rng.integers(len(self._clips)))
        return [self.footage(n, clip, view) for n, view in zip(lengths, views, strict=True)]

    def photograph(self) -> Picture:
        return self._photos[self.rng.integers(len(self._photos))]

    def photographed(self, length: int, how: str, photo: int | None = None) -> Shot:
        """Return what a camera sees of a photograph. `how`: still, pan, fast pan, zoom, shake."""
        picture = self.photograph() if photo is None else self._photos[photo]
        step, centre = np.arange(length), self.rng.uniform(0.4, 0.6, 2)
        x, y, width = (np.full(length, v) for v in (*centre, self.rng.uniform(0.35, 0.6)))
        if how.endswith("pan"):
            # It slows down and turns back: one that jumped to its start would be a cut.
            speed = FAST if how.startswith("fast") else SLOW
            turn = np.sin(self.rng.uniform(0, 2 * np.pi) + step * speed / REACH)
            x, y = 0.5 + REACH * turn, y + 0.1 * turn
        elif how == "zoom":
            width = width * np.exp(0.3 * np.sin(self.rng.choice([-1, 1]) * 0.02 * step))
        elif how == "shake":
            jolts = _smooth(self.rng.normal(0, 0.012, (length, 2)))
            x, y = x + jolts[:, 0], y + jolts[:, 1]
        views = zip(x.tolist(), y.tolist(), width.tolist(), strict=True)
        return self._graded([seen(picture, view, SIZE) for view in views])

    def _graded(self, shot: Shot) -> Shot:
        """Give a shot a light of its own."""
        gamma, gain = self.rng.uniform((0.7, 0.75), (1.4, 1.2))
        curve = 255 * gain * (np.arange(256) / 255) ** gamma
        return [np.asarray(cv2.LUT(p, curve.clip(0, 255).astype(np.uint8))) for p in shot]


def _pictures(path: Path) -> Shot:
    """Return a clip's first pictures, or one photograph; none of what is neither."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is not None:
        return [_scaled(np.asarray(picture, np.uint8), 2 * WIDTH)]
    try:
        with av.open(str(path)) as container:
            frames = islice(container.decode(video=0), LONGEST)
            return [
                _scaled(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), WIDTH)
                for frame in frames
            ]
    except (av.error.FFmpegError, IndexError):
        return []


def _scaled(picture: Picture, width: int) -> Picture:
    height = round(picture.shape[0] * width / picture.shape[1])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def _smooth(jolts: Floats) -> Floats:
    for i in range(1, len(jolts)):
        jolts[i] += 0.7 * jolts[i - 1]
    return jolts
