"""Whose voice it is, as a vector: CAM++ (Apache-2.0, Wang et al. 2023, 3D-Speaker), on onnxruntime.

The weights are published for PyTorch; the graph (https://github.com/modelscope/3D-Speaker,
speakerlab/models/campplus) is written here, for windows of one length. Features are Kaldi's: 80
log mel bands of 25 ms every 10 ms under Povey's window, less their mean over the window.
"""

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipeline.contract import Device
from pipeline.engines import onnx, torch_weights
from pipeline.engines.onnx_writer import Writer

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = npt.NDArray[np.float32]

RATE_HZ = 16_000
WINDOW = 24_000
"""Samples of one window: 1.5 s, enough to tell voices apart and short beside most turns."""
SIZE = 192
_WEIGHTS = "campplus_cn_en_common.pt"
_FRAME, _STEP, _FFT = 400, 160, 512
_BANDS, _LOW_HZ = 80, 20.0
_PREEMPHASIS = 0.97
_ROWS = (WINDOW - _FRAME) // _STEP + 1
_STEPS = (_ROWS - 1) // 2 + 1
"""Rows that are left after the first layer, which takes every other."""
_BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each."""
_EPSILON = 1e-5


class Voices:
    """Tells voices apart."""

    def __init__(self, session: "InferenceSession") -> None:
        self._session = session

    def embed(self, windows: npt.NDArray[np.int16]) -> Floats:
        """Return (n, 192) float32 vectors of unit length of (n, 24000) int16 windows, 16 kHz."""
        rows = np.stack([fbank(window) for window in windows])
        (vectors,) = self._session.run(None, {"rows": rows})
        unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def fbank(samples: npt.NDArray[np.int16]) -> Floats:
    """Return (148, 80) float32 features of one window, (24000,) int16."""
    sound = samples.astype(np.float32) / 32_768
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_STEP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    frames = (frames - _PREEMPHASIS * before) * _povey()
    power = np.abs(np.fft.rfft(frames, _FFT)).astype(np.float32) ** 2
    levels = np.log(np.maximum(power @ _mel_bands(), np.finfo(np.float32).eps))
    rows: Floats = (levels - levels.mean(axis=0)).astype(np.float32)
    return rows


@cache
def _povey() -> Floats:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / (_FRAME - 1))
    return (hann**0.85).astype(np.float32)


@cache
def _mel_bands() -> Floats:
    """Return (257, 80): triangles that are even in mel, without the highest bin, as Kaldi's."""
    of_bins = _mel(np.arange(_FFT // 2) * RATE_HZ / _FFT)[:, None]
    low, high = _mel(np.array([_LOW_HZ, RATE_HZ / 2]))
    edges = np.linspace(low, high, _BANDS + 2)
    rising = (of_bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - of_bins) / (edges[2:] - edges[1:-1])
    bands = np.clip(np.minimum(rising, falling), 0, None)
    return np.pad(bands, ((0, 1), (0, 0))).astype(np.float32)


def _mel(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1127 * np.log1p(hertz / 700))


def load(folder: Path, threads: int, device: Device) -> Voices:
    """Return what tells voices apart, whose weights lie in `folder`."""
    return Voices(onnx.session(folder / _WEIGHTS, threads=threads, device=device, made=graph))


def graph(path: Path) -> bytes:
    """Return the ONNX graph of the weights at `path`: rows (n, 148, 80) to vectors (n, 192)."""
    return _Graph(torch_weights.read(path)).model()


class _Graph:
    """CAM++, layer by layer, named as the weights are."""

    def __init__(self, weights: dict[str, npt.NDArray[Any]]) -> None:
        self._weights, self._to = weights, Writer()

    def model(self) -> bytes:
        rows = self._to.input("rows", ["n", _ROWS, _BANDS])
        bands = self._to.node("Transpose", rows, perm=[0, 2, 1])
        sound = self._to.node("Unsqueeze", bands, self._to.constant(np.array([1])))
        sound = self._head(sound)
        sound = self._conv("xvector.tdnn.linear", sound, strides=[2], pads=[2, 2])
        sound = self._activated("xvector.tdnn.nonlinear.batchnorm", sound)
        for block, (layers, dilation) in enumerate(_BLOCKS, start=1):
            for layer in range(1, layers + 1):
                name = f"xvector.block{block}.tdnnd{layer}"
                told = self._context(name, sound, dilation)
                sound = self._to.node("Concat", sound, told, axis=1)
            sound = self._activated(f"xvector.transit{block}.nonlinear.batchnorm", sound)
            sound = self._conv(f"xvector.transit{block}.linear", sound)
        sound = self._activated("xvector.out_nonlinear.batchnorm", sound)
        whole = self._conv("xvector.dense.linear", self._statistics(sound))
        vector = self._norm("xvector.dense.nonlinear.batchnorm", whole)
        return self._to.model(self._to.node("Flatten", vector), ["n", SIZE])

    def _head(self, sound: str) -> str:
        """Look at bands and time as at a picture, whose height shrinks to an eighth."""
        relu = partial(self._to.node, "Relu")
        sound = self._activated("head.bn1", self._square("head.conv1", sound))
        for name, stride in (("1.0", 2), ("1.1", 1), ("2.0", 2), ("2.1", 1)):
            block = f"head.layer{name}"
            out = self._square(f"{block}.conv1", sound, stride)
            out = self._square(f"{block}.conv2", self._activated(f"{block}.bn1", out))
            out = self._norm(f"{block}.bn2", out)
            if stride > 1:
                short = self._conv(f"{block}.shortcut.0", sound, strides=[stride, 1])
                sound = self._norm(f"{block}.shortcut.1", short)
            sound = relu(self._to.node("Add", out, sound))
        sound = self._activated("head.bn2", self._square("head.conv2", sound, 2))
        shape = self._to.constant(np.array([0, -1, _ROWS]))
        return self._to.node("Reshape", sound, shape)

    def _context(self, name: str, sound: str, dilation: int) -> str:
        """One layer: what it hears, masked by what the whole window sounds like."""
        sound = self._conv(
            f"{name}.linear1", self._activated(f"{name}.nonlinear1.batchnorm", sound)
        )
        sound = self._activated(f"{name}.nonlinear2.batchnorm", sound)
        cam = f"{name}.cam_layer"
        heard = self._conv(
            f"{cam}.linear_local", sound, dilations=[dilation], pads=[dilation, dilation]
        )
        # The model adds to the mean over all the mean over each segment of 100 steps, two seconds:
        # of a window that is one segment both are the same.
        mean = self._to.node("ReduceMean", sound, axes=[2], keepdims=1)
        twice = self._to.node("Add", mean, mean)
        narrow = self._to.node("Relu", self._conv(f"{cam}.linear1", twice))
        mask = self._to.node("Sigmoid", self._conv(f"{cam}.linear2", narrow))
        return self._to.node("Mul", heard, mask)

    def _statistics(self, sound: str) -> str:
        """Join the mean over time and the standard deviation, of a sample."""
        mean = self._to.node("ReduceMean", sound, axes=[2], keepdims=1)
        off = self._to.node("Sub", sound, mean)
        square = self._to.node("ReduceMean", self._to.node("Mul", off, off), axes=[2], keepdims=1)
        sample = self._to.constant(np.array([_STEPS / (_STEPS - 1)], np.float32))
        deviation = self._to.node("Sqrt", self._to.node("Mul", square, sample))
        return self._to.node("Concat", mean, deviation, axis=1)

    def _square(self, name: str, sound: str, stride: int = 1) -> str:
        return self._conv(name, sound, strides=[stride, 1], pads=[1, 1, 1, 1])

    def _conv(self, name: str, sound: str, **how: Any) -> str:
        names = [part for part in (f"{name}.weight", f"{name}.bias") if part in self._weights]
        return self._to.node("Conv", sound, *(self._constant(part) for part in names), **how)

    def _activated(self, name: str, sound: str) -> str:
        return self._to.node("Relu", self._norm(name, sound))

    def _norm(self, name: str, sound: str) -> str:
        """Batch normalisation; the last one has neither weight nor bias."""
        variance = self._weights[f"{name}.running_var"]
        scale = self._weights.get(f"{name}.weight", np.ones_like(variance))
        shift = self._weights.get(f"{name}.bias", np.zeros_like(variance))
        parts = [scale, shift, self._weights[f"{name}.running_mean"], variance]
        weights = [self._to.constant(part) for part in parts]
        return self._to.node("BatchNormalization", sound, *weights, epsilon=_EPSILON)

    def _constant(self, name: str) -> str:
        return self._to.constant(self._weights[name])
