"""How likely pictures show nudity: Yahoo's open_nsfw (BSD-2-Clause), ONNX, on onnxruntime."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

_WEIGHTS = "open-nsfw.onnx"
# As it was trained: squeezed to a square, its middle, blue first, less the data's mean.
_SQUARE, _SIDE = 256, 224
_EDGE = (_SQUARE - _SIDE) // 2
_MEAN_BGR = np.array([104, 117, 123], np.float32)


class Screen:
    """Scores pictures."""

    def __init__(self, folder: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # `Any`: onnxruntime has no types.
        self._session: Any = onnxruntime.InferenceSession(
            str(folder / _WEIGHTS), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

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


@lru_cache(maxsize=1)
def load(folder: Path, threads: int) -> Screen:
    """Return the screen whose weights lie in `folder`; kept in memory for the next video."""
    return Screen(folder, threads)
