"""From thumbs to signatures: what each picture shows, whatever bars it stands between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from pipeline.media import pdq
from pipeline.results.signatures import PICTURE_EVERY_MS, Signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BLACK = 20
"""Luma of bars at most, 0..255: compression adds noise to black."""
LEAST_SIDE = 16
"""Pixels that bars must leave of a thumb for it to be a picture."""
BATCH = 512

Thumbs = np.ndarray[Any, np.dtype[np.uint8]]
"""`(n, height, width)` uint8 luma."""
Times = np.ndarray[Any, np.dtype[np.int64]]


def sign(
    thumbs: Thumbs,
    times: Times,
    *,
    end_ms: int,
    cuts: Sequence[int],
    min_quality: int,
    drift: int,
    most: int,
    report: Callable[[float], None],
) -> tuple[Signature, ...]:
    """Return the signatures of the pictures in `thumbs`, shown at `times` (ms) until `end_ms`.

    A signature ends at one of `cuts` (ms), and where more than `drift` of a picture's bits differ
    from its first; of more than `most` the shortest are joined. Pictures of lower quality than
    `min_quality`, 0..100, have none.
    """
    batches = []
    for start in range(0, len(thumbs), BATCH):
        plain = np.stack([without_bars(thumb) for thumb in thumbs[start : start + BATCH]])
        own, quality = pdq.hashes(plain)
        mirrored, _ = pdq.hashes(plain[:, :, ::-1])
        batches.append((own, mirrored, quality >= min_quality))
        report(min(start + BATCH, len(thumbs)) / len(thumbs))
    shown = _shown(times, end_ms)
    hashes, mirror, clear = (np.concatenate(part)[shown] for part in zip(*batches, strict=True))
    shot = np.searchsorted(np.asarray(cuts), times[shown], side="right")
    return tuple(
        Signature(
            start_ms=int(first) * PICTURE_EVERY_MS,
            end_ms=min(int(last) * PICTURE_EVERY_MS, end_ms),
            pictures=hashes[first:last].tobytes(),
            mirrored=mirror[first:last].tobytes(),
        )
        for first, last in _stretches(hashes, clear, shot, drift, most)
    )


def without_bars(thumb: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, Any]:
    """Return what stands between black bars, as 64 by 64 pixels; all black where nothing does.

    Bars are as wide on both sides. A night sky is no bar then, and where it meets one, the other
    side tells where that ends.
    """
    rows = np.flatnonzero(thumb.max(axis=1) > BLACK)
    columns = np.flatnonzero(thumb.max(axis=0) > BLACK)
    if not len(rows):
        return np.zeros((pdq.SIDE, pdq.SIDE), np.float32)
    height, width = thumb.shape
    above, beside = min(rows[0], height - 1 - rows[-1]), min(columns[0], width - 1 - columns[-1])
    inner = thumb[above : height - above, beside : width - beside]
    if min(inner.shape) < LEAST_SIDE:
        return np.zeros((pdq.SIDE, pdq.SIDE), np.float32)
    resized = cv2.resize(inner, (pdq.SIDE, pdq.SIDE), interpolation=cv2.INTER_AREA)
    return resized.astype(np.float32)


def _shown(times: Times, end_ms: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return for each step which picture is shown: one that begins in it, or still stands."""
    steps = np.arange(0, max(end_ms, 1), PICTURE_EVERY_MS)
    shown = np.searchsorted(times, steps).clip(max=len(times) - 1)
    begins_later = times[shown] - steps >= PICTURE_EVERY_MS
    return np.where(begins_later, shown - 1, shown).clip(min=0)


def _stretches(
    hashes: pdq.Hashes,
    clear: np.ndarray[Any, Any],
    shot: np.ndarray[Any, Any],
    drift: int,
    most: int,
) -> list[tuple[int, int]]:
    """Return the first step of every signature and the one after its last."""
    least = 1
    while True:
        found = list(_divided(hashes, clear, shot, drift, least))
        if len(found) <= most or least >= len(hashes):
            return found
        least *= 2


def _divided(
    hashes: pdq.Hashes,
    clear: np.ndarray[Any, Any],
    shot: np.ndarray[Any, Any],
    drift: int,
    least: int,
) -> Iterator[tuple[int, int]]:
    first = None
    for step in range(len(hashes)):
        if first is not None:
            other = shot[step] != shot[first] or _differing(hashes[step], hashes[first]) > drift
            if not clear[step] or (other and step - first >= least):
                yield first, step
                first = None
        if first is None and clear[step]:
            first = step
    if first is not None:
        yield first, len(hashes)


def _differing(one: pdq.Hashes, two: pdq.Hashes) -> int:
    return int(np.bitwise_count(one ^ two).sum())
