"""Copies of the sample's pictures found again, whatever was done to them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np

from eval.cases import Case, Truth
from eval.running import Done
from eval.scores import Tally, paired
from pipeline.media import matching
from pipeline.results import Frames, Signatures
from pipeline.results.signatures import PICTURE_EVERY_MS
from tests import clips
from tests.clips import SAMPLE, Picture
from tests.pipeline.running import signed

TRUTH = "copies"
_NEAR_MS = 1000
"""How far a copy may be located from where it is."""
_OWN_MS = 3120
"""Of other pictures before, between and after copies: no whole number of steps."""


@dataclass(frozen=True)
class Piece:
    """A span of the sample, in ms of it."""

    start_ms: int
    end_ms: int


def small(picture: Picture) -> Picture:
    """A quarter as wide."""
    return cv2.resize(picture, (320, 180), interpolation=cv2.INTER_AREA).astype(np.uint8)


def mirrored(picture: Picture) -> Picture:
    return np.ascontiguousarray(small(picture)[:, ::-1])


def letterboxed(picture: Picture) -> Picture:
    """In the middle of a square."""
    return np.pad(small(picture), ((70, 70), (0, 0), (0, 0)))


def brightened(picture: Picture) -> Picture:
    return cv2.convertScaleAbs(small(picture), alpha=1.2, beta=12).astype(np.uint8)


def cropped(picture: Picture) -> Picture:
    """Without 4 % at each side: about where it ends to be found."""
    height, width = picture.shape[:2]
    beside, above = width // 25, height // 25
    return small(picture[above : height - above, beside : width - beside])


def _copies(change: Callable[[Picture], Picture], pieces: Sequence[Piece], path: Path) -> Truth:
    """Write pieces of the sample, changed, between drawn scenes of its own."""
    truth, at_ms = [], _OWN_MS
    for piece in pieces:
        end_ms = at_ms + piece.end_ms - piece.start_ms
        truth.append(
            {
                "start_ms": at_ms,
                "end_ms": end_ms,
                "other_start_ms": piece.start_ms,
                "mirrored": change is mirrored,
            }
        )
        at_ms = end_ms + _OWN_MS
    clips.write(path, _drawn(change, pieces))
    return {TRUTH: truth}


def _drawn(change: Callable[[Picture], Picture], pieces: Iterable[Piece]) -> Iterator[Picture]:
    seed = 900
    yield from _scene(change, seed)
    for piece in pieces:
        yield from map(change, _pictures(piece))
        seed += 1
        yield from _scene(change, seed)


def _scene(change: Callable[[Picture], Picture], seed: int) -> Iterator[Picture]:
    drawn = (clips.scene(seed, step) for step in range(_OWN_MS * clips.RATE // 1000))
    return map(change, drawn)


def _pictures(piece: Piece) -> Iterator[Picture]:
    with av.open(str(SAMPLE)) as container:
        for frame in container.decode(video=0):
            at_ms = round((frame.time or 0) * 1000)
            if piece.start_ms <= at_ms < piece.end_ms:
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


_LONG, _TWO = (Piece(10_280, 22_080),), (Piece(17_160, 22_160), Piece(3080, 8080))
RECIPES = {
    "copy-small.mp4": partial(_copies, small, _LONG),
    "copy-mirrored.mp4": partial(_copies, mirrored, _LONG),
    "copy-letterboxed.mp4": partial(_copies, letterboxed, _LONG),
    "copy-brightened.mp4": partial(_copies, brightened, _LONG),
    "copy-cropped.mp4": partial(_copies, cropped, _LONG),
    "copy-rearranged.mp4": partial(_copies, small, _TWO),
    "no-copy.mp4": partial(_copies, small, ()),
}


def looked(done: Done) -> Sequence[int]:
    """Return when the pictures are shown that have a hash."""
    frames = done[Frames]
    times: list[int] = np.load(frames.directory / frames.result.thumb_times).tolist()
    return times


def score(case: Case, done: Done) -> Tally:
    """Count copies of the sample. Right is what lies within a second of the truth, at all ends.

    "off" is how far from where it begins, ms.
    """
    signatures: Signatures = done[Signatures].result
    theirs = matching.steps(_sample().signatures)
    found = []
    for mirror in (False, True):
        own = matching.steps(signatures.signatures, mirrored=mirror)
        everywhere = range(-len(own), len(theirs))
        found += [(run, mirror) for run in matching.find_runs(own, theirs, everywhere)]
    there = case.truth[TRUTH]
    off_ms = [
        abs(run.start * PICTURE_EVERY_MS - real["start_ms"])
        for run, mirror in found
        for real in there
        if _is((run, mirror), real)
    ]
    return replace(paired(found, there, _is), also={"off, ms": (sum(off_ms), len(off_ms))})


def _is(found: tuple[matching.Run, bool], truth: Truth) -> bool:
    run, mirror = found
    times = (run.start, run.start + run.steps, run.other_start)
    there = (truth["start_ms"], truth["end_ms"], truth["other_start_ms"])
    return mirror == truth["mirrored"] and all(
        abs(step * PICTURE_EVERY_MS - true_ms) <= _NEAR_MS
        for step, true_ms in zip(times, there, strict=True)
    )


@cache
def _sample() -> Signatures:
    with TemporaryDirectory(prefix="videointel-eval-") as folder:
        return signed(SAMPLE, Path(folder))
