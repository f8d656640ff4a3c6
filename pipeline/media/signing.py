"""From thumbs to signatures: what each picture shows, whatever bars it stands between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from pipeline.media import pdq
from pipeline.results.signatures import PICTURE_EVERY_MS, Signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BLACK = 36
"""Luma of bars at most, 0..255: video's black is 16, compression adds noise."""
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
    report: Callable[[float], None],
) -> tuple[Signature, ...]:
    """Return the signatures of the pictures in `thumbs`, shown at `times` (ms) until `end_ms`.

    A signature ends at one of `cuts` (ms), and where more than `drift` of a picture's bits differ
    from its first. Pictures of lower quality than `min_quality`, 0..100, have none.
    """
    own, mirrored, clear = [], [], []
    for start in range(0, len(thumbs), BATCH):
        plain = np.stack([without_bars(thumb) for thumb in thumbs[start : start + BATCH]])
        bits, quality = pdq.hashes(plain)
        own.append(bits)
        mirrored.append(pdq.hashes(plain[:, :, ::-1])[0])
        clear.append(quality >= min_quality)
        report(min(start + BATCH, len(thumbs)) / len(thumbs))
    # Where a picture is shown longer, it is the one of every step that it fills.
    steps = np.arange(0, max(end_ms, 1), PICTURE_EVERY_MS)
    shown = np.searchsorted(times, steps).clip(max=len(times) - 1)
    late = times[shown] - steps >= PICTURE_EVERY_MS
    shown = np.where(late, shown - 1, shown).clip(min=0)
    hashes, mirror, is_clear = (np.concatenate(part)[shown] for part in (own, mirrored, clear))
    shot = np.searchsorted(np.asarray(cuts), times[shown], side="right")
    return tuple(
        Signature(
            start_ms=int(first) * PICTURE_EVERY_MS,
            end_ms=min(int(last) * PICTURE_EVERY_MS, end_ms),
            pictures=hashes[first:last].tobytes(),
            mirrored=mirror[first:last].tobytes(),
        )
        for first, last in _stretches(hashes, is_clear, shot, drift)
    )


def without_bars(thumb: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, Any]:
    """Return what stands between black bars, as 64 by 64 pixels; all black where nothing does."""
    rows = np.flatnonzero(thumb.max(axis=1) > BLACK)
    columns = np.flatnonzero(thumb.max(axis=0) > BLACK)
    if min(len(rows), len(columns)) < LEAST_SIDE:
        return np.zeros((pdq.SIDE, pdq.SIDE), np.float32)
    inner = thumb[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    resized = cv2.resize(inner, (pdq.SIDE, pdq.SIDE), interpolation=cv2.INTER_AREA)
    return resized.astype(np.float32)


def _stretches(
    hashes: pdq.Hashes, clear: np.ndarray[Any, Any], shot: np.ndarray[Any, Any], drift: int
) -> Iterator[tuple[int, int]]:
    """Yield the first and the last-but-one step of every signature."""
    first = None
    for step in range(len(hashes)):
        if first is not None and (
            not clear[step]
            or shot[step] != shot[first]
            or int(np.bitwise_count(hashes[step] ^ hashes[first]).sum()) > drift
        ):
            yield first, step
            first = None
        if first is None and clear[step]:
            first = step
    if first is not None:
        yield first, len(hashes)
