"""Titles read, beside plain OCR of one picture a second: the sample's, and others drawn here."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from django.conf import settings

from eval.cases import Case, peer
from eval.running import THREADS, Done
from eval.scores import Tally, overlap_ms
from eval.texts import FEW, FILMS
from pipeline.engines import catalogue
from pipeline.media.text_lines import similarity
from pipeline.results import ScreenText, TextSpan
from tests.clips import Picture

TRUTH = "titles"
RECIPES, MORE = FEW, FILMS
_ALIKE = 0.85
"""Share of equal letters at least for a reading to be of a title."""


def looked(done: Done) -> Sequence[int]:
    """Return when the pictures are shown in which text was searched for."""
    texts: ScreenText = done[ScreenText].result
    return texts.searched_ms


def score(case: Case, done: Done) -> Tally:
    """Count titles. "spans" are of one title; "off" is how far spans begin and end from it, ms.

    The peer is OCR of one picture a second. Calls are counted apart: of the detector, and lines
    read; "pixels" are those of all that both models were shown.
    """
    texts: ScreenText = done[ScreenText].result
    told = case.truth[TRUTH]
    there = [title for title in told if not title.get("optional")]
    pairs = [(span, title) for title in there for span in texts.spans if _is(span, title)]
    off_ms = [
        abs(min(s.start_ms for s in spans) - title["start_ms"])
        + abs(max(s.end_ms for s in spans) - title["end_ms"])
        for title in there
        if (spans := [span for span, of in pairs if of is title])
    ]
    plain = _Plain(**peer(f"rapidocr-each-second-{version('rapidocr')}", case.path, _every_second))
    theirs = sum(any(_alike(r, title["text"]) for title in told) for r in plain.readings)
    found = sum(any(_alike(r, title["text"]) for r in plain.readings) for title in there)
    calls = texts.calls
    return Tally(
        found=len(texts.spans),
        right=sum(any(_is(span, title) for title in told) for span in texts.spans),
        there=len(there),
        hit=len(off_ms),
        also={
            "spans": (len(pairs), len(off_ms)),
            "off, ms": (sum(off_ms), 2 * len(off_ms)),
            "peer's recall": (found, len(there)),
            "peer's precision": (theirs, len(plain.readings)),
            "peer's s/s": (plain.took_s, plain.seconds),
            "searches a peer's": (calls.searches, plain.seconds),
            "lines a peer's": (calls.lines, len(plain.readings)),
            "pixels a peer's": (calls.searched_pixels + calls.line_pixels, plain.pixels),
        },
    )


def _is(span: TextSpan, title: dict[str, Any]) -> bool:
    together = overlap_ms((span.start_ms, span.end_ms), (title["start_ms"], title["end_ms"]))
    return together > 0 and _alike(span.text, title["text"])


def _alike(reading: str, text: str) -> bool:
    return similarity(reading, text) >= _ALIKE


@dataclass(frozen=True)
class _Plain:
    """What RapidOCR's own call makes of one picture a second."""

    readings: Sequence[str]
    pixels: int
    """Of all that its models were shown."""
    seconds: int
    """Pictures searched."""
    took_s: float
    """Processor time without decoding."""


class _Counted:
    """Counts the pixels that a model is shown."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.pixels = 0

    def __call__(self, batch: Any) -> Any:
        count, _, height, width = batch.shape
        self.pixels += count * height * width
        return self._model(batch)


def _every_second(path: Path) -> dict[str, Any]:
    engine, finder, recogniser = _engine()
    before = finder.pixels + recogniser.pixels
    readings: list[str] = []
    seconds, took_s = 0, 0.0
    for picture in _one_a_second(path):
        began = time.process_time()
        # It keeps what the call before switched off.
        readings += engine(picture, use_det=True, use_cls=False, use_rec=True).txts or ()
        took_s += time.process_time() - began
        seconds += 1
    pixels = finder.pixels + recogniser.pixels - before
    return asdict(_Plain(readings, pixels, seconds, took_s))


@cache
def _engine() -> tuple[Any, _Counted, _Counted]:
    """Return RapidOCR as it comes, with our weights and as many threads, and what counts for it."""
    from rapidocr import RapidOCR

    folder = catalogue.locate("ppocr-v6-small", settings.MODELS_DIR)
    engine: Any = RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Det.model_path": str(folder / "PP-OCRv6_det_small.onnx"),
            "Rec.model_path": str(folder / "PP-OCRv6_rec_small.onnx"),
            "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    blank = np.zeros((64, 320, 3), np.uint8)  # it loads each model when it is first asked
    engine(blank, use_det=True, use_cls=False, use_rec=False)
    engine(blank, use_det=False, use_cls=False, use_rec=True)
    finder, recogniser = (_Counted(part.session) for part in (engine.text_det, engine.text_rec))
    engine.text_det.session, engine.text_rec.session = finder, recogniser
    return engine, finder, recogniser


def _one_a_second(path: Path) -> Iterator[Picture]:
    due_s = 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due_s:
                due_s += 1
                yield cast("Picture", frame.to_ndarray(format="bgr24"))
