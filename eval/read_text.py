"""Titles read, beside plain OCR of one picture a second: the sample's, and others drawn here."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import av
from django.conf import settings

from eval.cases import Case
from eval.running import THREADS, Done
from eval.scores import Tally, overlap_ms, tally
from eval.titles import ACCENTS, PLAIN, ROLL, TICKER, titled
from pipeline.engines import catalogue
from pipeline.media.text_lines import similarity
from pipeline.results import ScreenText, TextSpan
from tests.clips import Picture

TRUTH = "titles"
RECIPES = {
    "titles.mp4": partial(titled, PLAIN),
    "accents.mp4": partial(titled, ACCENTS),
    "roll.mp4": partial(titled, ROLL),
    "ticker.mp4": partial(titled, TICKER),
}
_ALIKE = 0.85
"""Share of equal letters at least for a reading to be of a title."""


def looked(done: Done) -> Sequence[int]:
    """Return when the pictures are shown in which text was searched for."""
    texts: ScreenText = done[ScreenText].result
    return texts.searched_ms


def score(case: Case, done: Done) -> Tally:
    """Count titles. "spans" are of one title; "off" is how far spans begin and end from it, ms.

    The peer is OCR of one picture a second; its calls, like ours, are pictures searched and lines
    read.
    """
    texts, there = done[ScreenText].result, case.truth[TRUTH]
    pairs = [(span, title) for title in there for span in texts.spans if _is(span, title)]
    off_ms = [
        abs(min(s.start_ms for s in spans) - title["start_ms"])
        + abs(max(s.end_ms for s in spans) - title["end_ms"])
        for title in there
        if (spans := [span for span, of in pairs if of is title])
    ]
    peer = _every_second(case.path)
    theirs = tally(peer.readings, there, lambda text, title: _alike(text, title["text"]))
    return tally(
        texts.spans,
        there,
        _is,
        {
            "spans": (len(pairs), len({title["text"] for _, title in pairs})),
            "off, ms": (sum(off_ms), 2 * len(off_ms)),
            "peer's recall": (theirs.hit, theirs.there),
            "peer's precision": (theirs.right, theirs.found),
            "peer's s/s": (peer.took_s, peer.seconds),
            "calls a peer's": (len(texts.searched_ms) + texts.lines_read, peer.calls),
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

    readings: tuple[str, ...]
    calls: int
    """Pictures searched and lines read."""
    seconds: int
    took_s: float
    """Processor time without decoding."""


def _every_second(path: Path) -> _Plain:
    engine = _engine()
    readings: list[str] = []
    seconds, took_s = 0, 0.0
    for picture in _one_a_second(path):
        began = time.process_time()
        readings += engine(picture).txts or ()
        took_s += time.process_time() - began
        seconds += 1
    return _Plain(tuple(readings), seconds + len(readings), seconds, took_s)


@cache
def _engine() -> Any:
    """Return RapidOCR as it comes, with our weights and as many threads."""
    from rapidocr import RapidOCR

    folder = catalogue.locate("ppocr-v6-small", settings.MODELS_DIR)
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Det.model_path": str(folder / "PP-OCRv6_det_small.onnx"),
            "Rec.model_path": str(folder / "PP-OCRv6_rec_small.onnx"),
            "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _one_a_second(path: Path) -> Iterator[Picture]:
    due_s = 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due_s:
                due_s += 1
                yield cast("Picture", frame.to_ndarray(format="bgr24"))
