"""Faces in a picture: CenterFace (MIT, Xu et al. 2019, https://arxiv.org/abs/1911.03599), ONNX.

An anchor-free network: for every fourth pixel it tells how sure it is that a face has its centre
there, how large that face is, and by how much the centre lies beside the pixel. It finds where
faces are, not whose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.engines import onnx, onnx_graph
from pipeline.engines.boxes import within
from pipeline.results import Sighting

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    from onnxruntime import InferenceSession

    from pipeline.contract import Device

MODEL = "centerface"
_LABEL = "face"
_FILE = "centerface.onnx"
_INPUT, _HEATMAP, _SCALE, _OFFSET = "input.1", "537", "538", "539"
_MULTIPLE = 32
"""The network halves the picture five times."""
_STRIDE = 4
_OVERLAP = 0.3
"""Of two finds that cover each other by more (IoU), the surer one is the face."""

Picture = np.ndarray[Any, np.dtype[np.uint8]]


class Detector:
    """Finds faces of about 10 pixels and more, upright or turned by up to a quarter."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session

    def find(self, picture: Picture, *, side: int, min_confidence: float) -> list[Sighting]:
        """Return the faces in `picture`, (H, W, 3) uint8 BGR, surest first.

        It is seen with its longer side shrunk to about `side` pixels; twice that finds faces half
        as large, at four times the cost (36 ms of one core for 640).
        """
        import cv2

        height, width = picture.shape[:2]
        scale = min(side / max(height, width), 1.0)
        seen = tuple(max(round(s * scale / _MULTIPLE), 1) * _MULTIPLE for s in (width, height))
        small = cv2.resize(picture, seen, interpolation=cv2.INTER_AREA)
        rgb = np.ascontiguousarray(small[:, :, ::-1].transpose(2, 0, 1)[None], dtype=np.float32)
        heatmap, scales, offsets = self._session.run([_HEATMAP, _SCALE, _OFFSET], {_INPUT: rgb})
        boxes, scores = _decode(heatmap[0, 0], scales[0], offsets[0], min_confidence)
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), min_confidence, _OVERLAP)
        return [Sighting(within(boxes[i], *seen), round(float(scores[i]), 3), _LABEL) for i in kept]


def _decode(
    heatmap: npt.NDArray[np.float32],
    scales: npt.NDArray[np.float32],
    offsets: npt.NDArray[np.float32],
    min_confidence: float,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return `(n, 4)` x, y, w, h in pixels of what the network saw, and `(n,)` confidences.

    `heatmap` is `(h, w)`, the others `(2, h, w)`, y first; scales are logarithms.
    """
    rows, columns = np.nonzero(heatmap > min_confidence)
    high, wide = np.exp(scales[:, rows, columns]) * _STRIDE
    y, x = offsets[:, rows, columns]
    centre_x, centre_y = (columns + x + 0.5) * _STRIDE, (rows + y + 0.5) * _STRIDE
    boxes = np.stack([centre_x - wide / 2, centre_y - high / 2, wide, high], axis=1)
    return boxes.astype(np.float32), heatmap[rows, columns]


def load(folder: Path, threads: int, device: Device = "cpu") -> Detector:
    """Return the detector whose weights lie in `folder`. Raises as `onnx.session` does."""
    return Detector(
        onnx.session(folder / _FILE, threads=threads, device=device, made=onnx_graph.any_size)
    )
