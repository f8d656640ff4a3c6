"""How likely pictures show nudity: Yahoo's open_nsfw (BSD-2-Clause), ONNX, on onnxruntime."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.contract import Device
from pipeline.engines import onnx

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Picture = npt.NDArray[np.uint8]

_WEIGHTS = "open-nsfw.onnx"
# As it was trained: squeezed to a square, its middle, blue first, less the data's mean.
_SQUARE, _SIDE = 256, 224
_EDGE = (_SQUARE - _SIDE) // 2
_MEAN_BGR = np.array([104, 117, 123], np.float32)


class Screen:
    """Scores pictures."""

    def __init__(self, session: "InferenceSession") -> None:
        self._session = session
        self._input = session.get_inputs()[0].name

    def scores(self, pictures: Sequence[Picture]) -> list[float]:
        """Return how likely each of some pictures, (H, W, 3) uint8 BGR, shows nudity, 0..1."""
        batch = np.stack([_prepared(picture) for picture in pictures])
        (shares,) = self._session.run(None, {self._input: batch})  # safe, not safe
        return [float(share) for share in shares[:, 1]]


def _prepared(picture: Picture) -> npt.NDArray[np.float32]:
    """Return (224, 224, 3) float32 BGR, about zero."""
    import cv2

    square = cv2.resize(picture, (_SQUARE, _SQUARE), interpolation=cv2.INTER_AREA)
    middle = square[_EDGE : _EDGE + _SIDE, _EDGE : _EDGE + _SIDE]
    return middle.astype(np.float32) - _MEAN_BGR


def load(folder: Path, threads: int, device: Device) -> Screen:
    """Return the screen whose weights lie in `folder`."""
    return Screen(onnx.session(folder / _WEIGHTS, threads=threads, device=device))
