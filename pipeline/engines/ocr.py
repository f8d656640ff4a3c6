"""Text in pictures: PP-OCRv6 small (Apache-2.0, PaddleOCR) through RapidOCR and onnxruntime.

Finding text and reading it are separate calls, because their costs differ so much: on two cores
of a 2020s server, finding takes 0.06 s in a picture shrunk to 416 lines against 0.28 s at
720, and a found line is read in about 0.03 s from the full picture.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.contract import Device
from pipeline.engines import onnx
from pipeline.engines.loaded import is_out_of_memory, loaded
from pipeline.errors import StageError

Picture = npt.NDArray[np.uint8]

PixelBox = tuple[int, int, int, int]
"""x, y, width, height in pixels of the picture."""

_DETECTOR = "PP-OCRv6_det_small.onnx"
_RECOGNISER = "PP-OCRv6_rec_small.onnx"
_LINE_HEIGHT, _LEAST_LINE = 48, 320
_STRIDE = 32  # the detector's input is a multiple of this
_HALF = 127.5  # it takes -1..1


@dataclass(frozen=True)
class Found:
    """One run of text, upright box."""

    box: PixelBox
    score: float
    """The detector's, 0..1."""


class Reader:
    """Finds and reads lines of text, upright or nearly so, in the scripts that its model knows."""

    def __init__(self, detector: Path, recogniser: Path, threads: int, device: Device) -> None:
        from rapidocr import RapidOCR
        from rapidocr.ch_ppocr_det.utils import DBPostProcess

        self._detector = onnx.session(detector, threads=threads, device=device)
        # RapidOCR's own call, of which these are the defaults, would cut out and straighten all
        # that it finds, for nothing here.
        self._outlined: Any = DBPostProcess(
            thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True
        )
        # `Any`: RapidOCR types its one entry point as a union of all that it can return.
        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Rec.model_path": str(recogniser),
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
                "EngineConfig.onnxruntime.use_cuda": onnx.on_gpu(device),
                **{
                    f"EngineConfig.onnxruntime.cuda_ep_cfg.{name}": value
                    for name, value in onnx.GPU_OPTIONS.items()
                },
            }
        )

    def find(self, picture: Picture, scale: float) -> list[Found]:
        """Return where text is in `picture`, (H, W, 3) uint8 BGR, of any size.

        The detector sees it with its sides times `scale`, 0..1; text that is then lower than
        about 8 pixels is missed.
        """
        import cv2

        height, width = picture.shape[:2]
        seen_width, seen_height = (
            max(round(side * scale / _STRIDE), 1) * _STRIDE for side in (width, height)
        )
        seen = cv2.resize(picture, (seen_width, seen_height), interpolation=cv2.INTER_AREA)
        batch = cv2.dnn.blobFromImage(seen, 1 / _HALF, mean=(_HALF,) * 3)
        (chances,) = self._detector.run(None, {self._detector.get_inputs()[0].name: batch})
        boxes, scores = self._outlined(chances, (seen_height, seen_width))
        if not len(boxes):
            return []
        quads = boxes * (width / seen_width, height / seen_height)
        corners = np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1).round()
        return [
            Found((int(x0), int(y0), int(x1 - x0), int(y1 - y0)), float(score))
            for (x0, y0, x1, y1), score in zip(corners, scores, strict=True)
        ]

    def read(self, line: Picture) -> tuple[str, float]:
        """Return the text and confidence (0..1) of a picture of one line, (h, w, 3) uint8 BGR."""
        result = self._engine(line, use_det=False, use_cls=False, use_rec=True)
        if not result.txts:
            return "", 0.0
        return result.txts[0].strip(), float(result.scores[0])


def line_pixels(line: Picture) -> int:
    """Return how many pixels the recogniser sees of a line: it is scaled to one height."""
    height, width = map(int, line.shape[:2])
    return _LINE_HEIGHT * max(round(_LINE_HEIGHT * width / height), _LEAST_LINE)


def load(
    folder: Path, threads: int, device: Device = "cpu", recogniser: Path | None = None
) -> Reader:
    """Return the reader whose weights lie in `folder`.

    `recogniser`: reads lines in place of the one there; an ONNX file with its letters inside, as
    RapidOCR publishes them, which RapidOCR loads itself. Raises `StageError`
    (`device_unavailable`, `unfit_model`), `MemoryError`.
    """
    detector = folder / _DETECTOR
    if recogniser is None:
        return loaded(Reader, detector, folder / _RECOGNISER, threads, device)
    unfit: tuple[type[Exception], ...] = (*onnx.refusals(), KeyError)  # it has no letters
    try:
        return loaded(_tried, detector, recogniser, threads, device)
    except unfit as error:
        if is_out_of_memory(error):
            raise
        message = (
            f"{recogniser.name} reads no lines ({type(error).__name__}). Set read_text's recogniser "
            "in PIPELINE_PARAMETERS, then retry the video."
        )
        raise StageError("unfit_model", message) from error


def _tried(detector: Path, recogniser: Path, threads: int, device: Device) -> Reader:
    """Return a reader that has read a line: RapidOCR loads what reads at the first one."""
    reader = Reader(detector, recogniser, threads, device)
    reader.read(np.zeros((48, 96, 3), np.uint8))
    return reader
