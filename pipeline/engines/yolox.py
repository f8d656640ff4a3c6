"""Persons, animals and things in a picture: any detector of the YOLOX family, as ONNX.

YOLOX: Ge et al., 2021 (Apache-2.0, Megvii). Its graphs give one row for each cell of grids of
several strides: where the cell's thing lies, whether there is one, and how well each label fits.
The size of the input, the strides and the number of labels are read from the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np

from pipeline.engines import onnx
from pipeline.errors import StageError
from pipeline.results import Sighting

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.contract import Device

Picture = np.ndarray[Any, np.dtype[np.uint8]]
Floats = np.ndarray[Any, np.dtype[np.float32]]

_STRIDES = ((8, 16, 32), (8, 16, 32, 64))
"""Of the family's usual graphs, and of those with a fourth, coarser grid (P6)."""
_ANY_SIDE = 640
"""Input of a graph that takes any size."""
_BATCH = 4
_GREY = 114
_SAME = 0.45
"""IoU from which two finds of one label are one thing, as YOLOX's own demo has it."""


class Detector:
    """Finds things of its labels."""

    def __init__(
        self, weights: Path, labels: Sequence[str], *, threads: int, device: Device
    ) -> None:
        """Raises `StageError` (`unfit_model`) where graph and labels are no pair, as `session` does."""
        self._labels = tuple(labels)
        self._session = onnx.session(weights, threads=threads, device=device)
        (self._input,) = self._session.get_inputs()
        batch, _, height, width = self._input.shape
        self.batch = batch if isinstance(batch, int) else _BATCH
        self._size = tuple(n if isinstance(n, int) else _ANY_SIDE for n in (height, width))
        self._cells, self._strides = self._grids(weights.name)

    def find(self, pictures: Sequence[Picture], least: float) -> list[list[Sighting]]:
        """Return what is in each picture, (H, W, 3) uint8 BGR, with a confidence of `least` or more.

        At most `batch` pictures at once.
        """
        given = np.zeros((self.batch, 3, *self._size), np.float32)
        for place, picture in enumerate(pictures):
            given[place] = self._letterboxed(picture).transpose(2, 0, 1)
        rows = self._run(given)
        return [self._sightings(p, r, least) for p, r in zip(pictures, rows, strict=False)]

    def _run(self, given: Floats) -> Floats:
        """Return (batch, cells, 5 + labels) float32."""
        return cast("Floats", self._session.run(None, {self._input.name: given})[0])

    def _letterboxed(self, picture: Picture) -> Picture:
        """Return the picture at the top left of the input, the rest grey: BGR, 0..255, as trained."""
        boxed = np.full((*self._size, 3), _GREY, np.uint8)
        scale = self._scale(picture)
        width, height = (max(round(side * scale), 1) for side in picture.shape[1::-1])
        boxed[:height, :width] = cv2.resize(picture, (width, height))
        return boxed

    def _scale(self, picture: Picture) -> float:
        height, width = picture.shape[:2]
        return min(float(self._size[0] / height), float(self._size[1] / width))

    def _sightings(self, picture: Picture, rows: Floats, least: float) -> list[Sighting]:
        near = rows[:, 4] >= least  # no label's score lifts the product above this
        scores = rows[near, 4:5] * rows[near, 5:]
        labels = scores.argmax(axis=1)
        confidences = scores.max(axis=1, initial=0)
        sizes = np.exp(rows[near, 2:4]) * self._strides[near]
        corners = (rows[near, :2] + self._cells[near]) * self._strides[near] - sizes / 2
        boxes = np.concatenate([corners, sizes], axis=1) / self._scale(picture)
        kept = cv2.dnn.NMSBoxesBatched(
            boxes.tolist(), confidences.tolist(), labels.tolist(), least, _SAME
        )
        height, width = picture.shape[:2]
        return [
            Sighting(
                _within(boxes[i] / (width, height, width, height)),
                round(float(confidences[i]), 3),
                self._labels[labels[i]],
            )
            for i in np.asarray(kept, int).ravel()
        ]

    def _grids(self, name: str) -> tuple[Floats, Floats]:
        """Return the cell, x and y, and the stride of each row. Raises as the constructor does."""
        rows, columns = self._run(np.zeros((self.batch, 3, *self._size), np.float32)).shape[1:]
        if columns != 5 + len(self._labels):
            raise _unfit(f"{name} tells {columns - 5} labels, and {len(self._labels)} are given.")
        for strides in _STRIDES:
            grids = [np.indices([side // stride for side in self._size]) for stride in strides]
            cells = [grid[::-1].reshape(2, -1).T for grid in grids]
            if sum(map(len, cells)) == rows:
                each = np.repeat(strides, [len(grid) for grid in cells])
                return np.concatenate(cells).astype(np.float32), each[:, None].astype(np.float32)
        raise _unfit(f"{name} is no detector of the YOLOX family: it gives {rows} rows.")


def _unfit(what: str) -> StageError:
    return StageError(
        "unfit_model", f"{what} Set find_objects' model and labels right, then retry the video."
    )


def _within(box: Floats) -> tuple[float, float, float, float]:
    """Return the part of a box that lies inside of the picture: x, y, w, h in 0..1."""
    x0, y0 = (min(max(float(v), 0.0), 1.0) for v in box[:2])
    x1, y1 = (min(max(float(v), 0.0), 1.0) for v in box[:2] + box[2:])
    return round(x0, 4), round(y0, 4), round(x1 - x0, 4), round(y1 - y0, 4)
