"""Small grey pictures at a steady pace, for what compares videos with each other."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

import cv2
import numpy as np

from pipeline.media.npy import NpyWriter
from pipeline.media.pictures import Converter
from pipeline.results.signatures import PICTURE_EVERY_MS

if TYPE_CHECKING:
    from pathlib import Path

    from av.video.frame import VideoFrame

THUMBS, THUMB_TIMES = "thumbs.npy", "thumb-times.npy"
THUMB_SIDE = 128
"""Pixels of the longer side: bars can be cut off, and 64 by 64 are left."""


class Thumbs:
    """Writes `Frames.thumbs` and `Frames.thumb_times`; use as a context manager."""

    def __init__(self, workdir: Path, width: int, height: int, turn: int) -> None:
        self._converter = Converter(width, height, turn)
        self._pictures = NpyWriter(workdir / THUMBS, np.uint8, (height, width))
        self._times = NpyWriter(workdir / THUMB_TIMES, np.int64)
        self._due_ms = 0

    def __enter__(self) -> Self:
        self._files = ExitStack()
        self._files.enter_context(self._pictures)
        self._files.enter_context(self._times)
        return self

    def see(self, at_ms: int, frame: VideoFrame) -> None:
        """Keep the picture shown at `at_ms` if it is the first of its step."""
        if at_ms < self._due_ms:
            return
        self._due_ms = (at_ms // PICTURE_EVERY_MS + 1) * PICTURE_EVERY_MS
        self._pictures.append(cv2.cvtColor(self._converter.convert(frame), cv2.COLOR_BGR2GRAY))
        self._times.append(at_ms)

    def __exit__(self, *problem: Any) -> None:
        self._files.close()
