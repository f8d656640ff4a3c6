"""Which of AudioSet's 521 classes of sound are heard: YAMNet (Apache-2.0), ONNX, on onnxruntime.

Features as its makers published them (https://github.com/tensorflow/models, research/audioset/
yamnet): the magnitudes of 25 ms under a periodic Hann window every 10 ms, in 64 mel bands from 125
to 7500 Hz, as log(mel + 0.001). The graph is Qualcomm's, with weights and activations in 8 bits:
its scores come in steps of 0.76 of the logit.
"""

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.contract import Device
from pipeline.engines import onnx

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = npt.NDArray[np.float32]

RATE_HZ = 16_000
HOP_MS = 480
"""From one patch to the next."""
PATCH_MS = 975
"""What one patch hears: 96 windows, each begun 10 ms after the one before."""
_WEIGHTS, _CLASSES = "model.onnx", "yamnet_class_map.csv"
_WINDOW, _STEP, _FFT = 400, 160, 512
_BANDS, _LOW_HZ, _HIGH_HZ = 64, 125.0, 7500.0
_OFFSET = 0.001
_ROWS, _ROWS_APART = 96, 48
# Constants of the graph, which takes and gives bytes.
_IN_SCALE, _IN_ZERO = 0.047937885, 144
_OUT_SCALE, _OUT_ZERO = 0.7565417, 190


class Listener:
    """Scores patches of sound."""

    def __init__(self, session: "InferenceSession", classes: tuple[str, ...]) -> None:
        self.classes = classes
        """AudioSet's names, in the order of the scores."""
        self._session = session
        self._input = session.get_inputs()[0].name

    def scores(self, samples: npt.NDArray[np.int16]) -> Floats:
        """Return (patches, 521) float32: how likely each class is heard, 0..1; not exclusive.

        `samples` is (n,) int16, mono, 16 kHz; a patch every `HOP_MS`, each whole.
        """
        levels = np.clip(np.round(log_mel(samples) / _IN_SCALE + _IN_ZERO), 0, 255).astype(np.uint8)
        # The graph was written for one patch at a time.
        heard = [
            self._session.run(None, {self._input: levels[None, None, row : row + _ROWS]})[0][0]
            for row in range(0, len(levels) - _ROWS + 1, _ROWS_APART)
        ]
        logits = (
            np.array(heard, np.float32).reshape(-1, len(self.classes)) - _OUT_ZERO
        ) * _OUT_SCALE
        shares: Floats = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
        return shares


def log_mel(samples: npt.NDArray[np.int16]) -> Floats:
    """Return (windows, 64) float32 of (n,) int16 samples at 16 kHz."""
    if len(samples) < _WINDOW:
        return np.zeros((0, _BANDS), np.float32)
    sound = samples.astype(np.float32) / 32_768
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_STEP]
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)
    magnitudes = np.abs(np.fft.rfft(windows * hann, _FFT)).astype(np.float32)
    levels: Floats = np.log(magnitudes @ _mel_bands() + np.float32(_OFFSET))
    return levels


@cache
def _mel_bands() -> Floats:
    """Return (257, 64): triangles that are even in mel, as TensorFlow's are, not in hertz."""
    of_bins = _mel(np.linspace(0, RATE_HZ / 2, _FFT // 2 + 1))[:, None]
    low, high = _mel(np.array([_LOW_HZ, _HIGH_HZ]))
    edges = np.linspace(low, high, _BANDS + 2)
    rising = (of_bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - of_bins) / (edges[2:] - edges[1:-1])
    bands: Floats = np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
    return bands


def _mel(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1127 * np.log1p(hertz / 700))


def load(folder: Path, threads: int, device: Device) -> Listener:
    """Return the listener whose weights and list of classes lie in `folder`."""
    with (folder / _CLASSES).open(newline="") as rows:
        classes = tuple(row["display_name"] for row in csv.DictReader(rows))
    return Listener(onnx.session(folder / _WEIGHTS, threads=threads, device=device), classes)
