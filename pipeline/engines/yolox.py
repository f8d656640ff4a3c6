"""Persons, animals and things in a picture: any detector of the YOLOX family, as ONNX.

YOLOX: Ge et al., 2021 (Apache-2.0, Megvii). Its graphs give one row for each cell of grids of
several strides: where the cell's thing lies, whether there is one, and how well each label fits.
The strides and the number of labels are read from what the graph gives.

Being convolutional, most of them take any size, whatever their file says: wide pictures then need
no square around them, and can be looked at more than once, large for what is small in them and
small for what fills them. The larger, the more of what there is comes in parts or odd names: from
the closest look only what is small is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np

from pipeline.engines import onnx, onnx_graph
from pipeline.engines.boxes import within
from pipeline.engines.loaded import is_out_of_memory
from pipeline.errors import StageError
from pipeline.results import Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from onnxruntime import InferenceSession

    from pipeline.contract import Device

Picture = np.ndarray[Any, np.dtype[np.uint8]]
Floats = np.ndarray[Any, np.dtype[np.float32]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Size = tuple[int, int]
"""Height and width."""
Finds = tuple[Floats, Floats, Ints]

_STRIDES = ((8, 16, 32), (8, 16, 32, 64))
"""Of the family's usual graphs, and of those with a fourth, coarser grid (P6)."""
_GREY = 114
_LONGEST_LABEL = 50  # of what is stored of a track
_SAME = 0.45
"""IoU from which two finds of one label are one thing, as YOLOX's own demo has it."""
_SMALL = 0.25
"""Of the picture's longer side: what is longer is left to the usual looks, made for its size."""


class Detector:
    """Finds things of its labels in pictures of one size."""

    def __init__(
        self,
        weights: Path,
        labels: Sequence[str],
        *,
        sides: Sequence[int],
        close_side: int,
        picture: Size,
        threads: int,
        device: Device,
    ) -> None:
        """`sides`: each picture is looked at with its longer side at so many pixels.

        `close_side`: the same, of close looks; of none where that is no larger. A graph that takes
        no size but its own gets that, and no close look. Raises `StageError` (`unfit_model`) where
        graph and labels are no pair, as `session` does, or a label is too long to be stored.
        """
        self._labels = tuple(labels)
        if any(len(label) > _LONGEST_LABEL for label in labels):
            raise _unfit(f"A label is longer than {_LONGEST_LABEL} characters.")
        try:
            graph = onnx.session(weights, threads=threads, device=device, made=onnx_graph.any_size)
            self._scales = [_Scale(graph, _input_size(picture, side)) for side in sides]
            closer = [close_side] if close_side > max(sides) else []
            self._closer = [_Scale(graph, _input_size(picture, side)) for side in closer]
        except onnx.refusals():
            self._scales, self._closer = [_of_its_own_size(weights, threads, device)], []
        told = self._scales[0].labels
        if told != len(labels):
            raise _unfit(f"{weights.name} tells {told} labels, and {len(labels)} are given.")

    def find(self, picture: Picture, least: float, close: float | None = None) -> list[Sighting]:
        """Return what is in `picture`, (H, W, 3) uint8 BGR, with a confidence of `least` or more.

        `close`: look closely as well, for small things of this confidence or more.
        """
        found = [scale.look(picture, least) for scale in self._scales]
        if close is not None:
            found += [_small(scale.look(picture, close), picture) for scale in self._closer]
        boxes, confidences, labels = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = cv2.dnn.NMSBoxesBatched(
            boxes.tolist(), confidences.tolist(), labels.tolist(), least, _SAME
        )
        height, width = picture.shape[:2]
        return [
            Sighting(
                within(boxes[i], width, height),
                round(float(confidences[i]), 3),
                self._labels[labels[i]],
            )
            for i in np.asarray(kept, int).ravel()
        ]


class _Scale:
    """A graph at one size of its input."""

    def __init__(self, graph: InferenceSession, size: Size) -> None:
        """Raise `StageError`, or what `onnx.refusals` lists where the graph takes no such size."""
        self._graph, self._size = graph, size
        self._input = graph.get_inputs()[0].name
        rows = self._rows(np.zeros((*size, 3), np.uint8))
        self.labels = rows.shape[1] - 5
        self._cells, self._strides = _grids(size, len(rows))

    def look(self, picture: Picture, least: float) -> Finds:
        """Return boxes in the picture's pixels, (n, 4), their confidences and labels, (n,)."""
        scale = min(float(ours / its) for ours, its in zip(self._size, picture.shape, strict=False))
        rows = self._rows(_letterboxed(picture, scale, self._size))
        near = rows[:, 4] >= least  # no label's score lifts the product above this
        scores = rows[near, 4:5] * rows[near, 5:]
        sizes = np.exp(rows[near, 2:4]) * self._strides[near]
        corners = (rows[near, :2] + self._cells[near]) * self._strides[near] - sizes / 2
        boxes = (np.concatenate([corners, sizes], axis=1) / scale).astype(np.float32)
        return boxes, scores.max(axis=1, initial=0), scores.argmax(axis=1)

    def _rows(self, given: Picture) -> Floats:
        """Return (cells, 5 + labels) for an input as it was trained: BGR, 0..255."""
        batch = given.transpose(2, 0, 1)[None].astype(np.float32)
        return cast("Floats", self._graph.run(None, {self._input: batch})[0][0])


def _small(finds: Finds, picture: Picture) -> Finds:
    """Return those of the finds that are small in the picture."""
    boxes, confidences, labels = finds
    small = boxes[:, 2:].max(axis=1) <= _SMALL * max(picture.shape[:2])
    return boxes[small], confidences[small], labels[small]


def _of_its_own_size(weights: Path, threads: int, device: Device) -> _Scale:
    """Return the graph at the one size that it takes. Raises `StageError` for what is no detector."""
    try:
        graph = onnx.session(weights, threads=threads, device=device)
        return _Scale(graph, graph.get_inputs()[0].shape[2:])
    except onnx.refusals() as error:
        if is_out_of_memory(error):
            raise
        what = f"{weights.name} is no detector of the YOLOX family ({type(error).__name__})."
        raise _unfit(what) from error


def _grids(size: Size, rows: int) -> tuple[Floats, Floats]:
    """Return the cell, x and y, and the stride of each row. Raises `StageError`."""
    for strides in _STRIDES:
        grids = [np.indices([side // stride for side in size]) for stride in strides]
        cells = [grid[::-1].reshape(2, -1).T for grid in grids]
        if sum(map(len, cells)) == rows:
            each = np.repeat(strides, [len(grid) for grid in cells])
            return np.concatenate(cells).astype(np.float32), each[:, None].astype(np.float32)
    raise _unfit(f"The model is no detector of the YOLOX family: it gives {rows} rows.")


def _input_size(picture: Size, side: int) -> Size:
    """Return the size, whole cells of the coarsest grid, that holds a picture scaled to `side`."""
    cell = _STRIDES[0][-1]
    height, width = (-(-round(n * side / max(picture)) // cell) * cell for n in picture)
    return height, width


def _letterboxed(picture: Picture, scale: float, size: Size) -> Picture:
    """Return the picture at the top left of the input, the rest grey."""
    boxed = np.full((*size, 3), _GREY, np.uint8)
    width, height = (max(round(side * scale), 1) for side in picture.shape[1::-1])
    boxed[:height, :width] = cv2.resize(picture, (width, height))
    return boxed


def _unfit(what: str) -> StageError:
    return StageError(
        "unfit_model",
        f"{what} Set find_objects' model and labels in PIPELINE_PARAMETERS, then retry the video.",
    )
