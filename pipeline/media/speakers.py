"""Who spoke when: windows of speech, grouped by how alike their voices are, and turns of each group.

The vectors are an engine's; what is done with them needs no model. Time and memory grow with the
length of the speech and no faster: groups are found block by block, and only groups are kept.
"""

from bisect import bisect
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from pipeline.results import SAMPLES_PER_MS, SoundEvent, SpeakerTurn

Floats = npt.NDArray[np.float32]
Samples = npt.NDArray[np.int16]
Span = tuple[int, int]
"""First sample and the one after the last."""

_BLOCK = 400
"""Windows grouped at once: five minutes of speech."""
_MOST_GROUPS = 200
"""Groups kept from block to block: more are none that anybody would call a speaker."""


@dataclass(frozen=True)
class Window:
    """A stretch of one span of speech whose voice is told at once."""

    span: int
    """Index of the span."""
    start: int
    end: int

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def windows(spans: Sequence[Span], size: int, hop: int, least: int) -> list[Window]:
    """Cut spans into windows of up to `size` samples, one every `hop`; what is below `least` has none."""
    found = []
    for index, (start, end) in enumerate(spans):
        if end - start < least:
            continue
        firsts = [*range(start, end - size, hop), max(start, end - size)]
        found += [Window(index, first, min(first + size, end)) for first in firsts]
    return found


def in_music(spans: Sequence[Span], events: Sequence[SoundEvent]) -> set[int]:
    """Return the indices of spans that lie for the most part in music with no speech heard in it."""
    music, speech = (
        [
            (e.start_ms * SAMPLES_PER_MS, e.end_ms * SAMPLES_PER_MS)
            for e in events
            if e.label == label
        ]
        for label in ("music", "speech")
    )
    return {
        index
        for index, span in enumerate(spans)
        if _shared(span, speech) == 0 and _shared(span, music) * 2 >= span[1] - span[0]
    }


def _shared(span: Span, others: Sequence[Span]) -> int:
    first = bisect(others, span[0], key=lambda other: other[1])
    last = bisect(others, span[1], key=lambda other: other[0])
    return sum(min(span[1], end) - max(span[0], start) for start, end in others[first:last])


def batches(samples: Samples, cut: Sequence[Window], size: int, count: int) -> Iterator[Samples]:
    """Yield (n, size) int16, `count` windows at a time; a shorter one is said again to fill it."""
    for first in range(0, len(cut), count):
        yield np.stack(
            [np.resize(samples[w.start : w.end], size) for w in cut[first : first + count]]
        )


def grouped(vectors: Floats, alike: float, least: int, most: int) -> Floats:
    """Return the voices, (speakers, d) float32 of unit length, that the windows' vectors tell of.

    `vectors` is (n, d), n > 0, of unit length. Two groups whose vectors have a mean cosine of
    `alike` are one. A voice has at least `least` windows, unless none has as many; the `most`
    largest are taken.
    """
    sums = np.zeros((0, vectors.shape[1]), np.float32)
    counts = np.zeros(0)
    for first in range(0, len(vectors), _BLOCK):
        block = vectors[first : first + _BLOCK]
        sums, counts = _joined(
            np.concatenate([sums, block]), np.concatenate([counts, np.ones(len(block))]), alike
        )
        largest = np.sort(np.argsort(-counts, kind="stable")[:_MOST_GROUPS])
        sums, counts = sums[largest], counts[largest]
    order = np.argsort(-counts, kind="stable")
    heard = [at for at in order if counts[at] >= min(least, counts.max())][:most]
    voices: Floats = sums[heard] / np.linalg.norm(sums[heard], axis=1, keepdims=True)
    return voices


def _joined(
    sums: Floats, counts: npt.NDArray[np.float64], alike: float
) -> tuple[Floats, npt.NDArray[np.float64]]:
    """Join the two groups that are most alike, again and again: agglomerative, average linkage.

    Of unit vectors, the mean cosine between two groups is the product of their sums over that of
    their counts, so a group is its sum and its count.
    """
    left = np.ones(len(sums), bool)
    likeness = (sums @ sums.T) / np.outer(counts, counts)
    np.fill_diagonal(likeness, -np.inf)
    while True:
        one, other = divmod(int(likeness.argmax()), len(sums))
        if likeness[one, other] < alike:
            return sums[left], counts[left]
        sums[one] += sums[other]
        counts[one] += counts[other]
        left[other] = False
        likeness[other] = likeness[:, other] = -np.inf
        likeness[one] = np.where(left, (sums @ sums[one]) / (counts * counts[one]), -np.inf)
        likeness[one, one] = -np.inf
        likeness[:, one] = likeness[one]


def recognised(
    cut: Sequence[Window], likeness: Floats, doubted: Collection[int], alike: float
) -> set[int]:
    """Return which of the doubted spans hold a voice that is known: `alike` to it on average.

    `likeness` is (windows, speakers) cosines to voices that were heard in the clear.
    """
    best: dict[int, list[float]] = {}
    for window, own in zip(cut, likeness.max(axis=1), strict=True):
        if window.span in doubted:
            best.setdefault(window.span, []).append(float(own))
    return {span for span, own in best.items() if sum(own) >= alike * len(own)}


def within(
    spans: Sequence[Span], cut: Sequence[Window], likeness: Floats, kept: Collection[int]
) -> tuple[list[Span], list[Window], Floats]:
    """Return spans, windows and their likeness without those of spans that are not kept."""
    places = {span: place for place, span in enumerate(sorted(kept))}
    rows = [row for row, window in enumerate(cut) if window.span in places]
    return (
        [spans[span] for span in places],
        [replace(cut[row], span=places[cut[row].span]) for row in rows],
        likeness[rows],
    )


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int
    speaker: int | None
    """Column of the likeness; None: too brief to tell."""
    likeness: float = 0.0

    @property
    def length(self) -> int:
        return self.end - self.start


def turns(
    spans: Sequence[Span],
    cut: Sequence[Window],
    likeness: Floats,
    min_turn_ms: int,
    max_pause_ms: int,
) -> tuple[SpeakerTurn, ...]:
    """Return who spoke when, speakers numbered from 1 in the order in which they first speak.

    `likeness` is (windows, speakers) cosines. A change falls between two spans, into the pause,
    or within a span between two windows. What is briefer than `min_turn_ms`, or too brief for a
    window, goes to whom it touches; one speaker's turns are joined over pauses of up to
    `max_pause_ms`.
    """
    of_spans = {
        index: list(group) for index, group in groupby(range(len(cut)), lambda at: cut[at].span)
    }
    pieces = [
        piece
        for index, span in enumerate(spans)
        for piece in _within(span, cut, likeness, of_spans.get(index, []))
    ]
    told = _absorbed(pieces, min_turn_ms * SAMPLES_PER_MS, max_pause_ms * SAMPLES_PER_MS)
    numbers: dict[int | None, int] = {}
    return tuple(
        SpeakerTurn(
            speaker=numbers.setdefault(piece.speaker, len(numbers) + 1),
            start_ms=piece.start // SAMPLES_PER_MS,
            end_ms=piece.end // SAMPLES_PER_MS,
            confidence=round(min(max(piece.likeness, 0.0), 1.0), 4),
        )
        for piece in told
    )


def _within(
    span: Span, cut: Sequence[Window], likeness: Floats, at: Sequence[int]
) -> Iterator[_Piece]:
    """Yield one span's pieces; a window's own likeness weighs as much as its two neighbours'."""
    if not at:
        yield _Piece(*span, None)
        return
    own = likeness[at[0] : at[-1] + 1]
    padded = np.pad(own, ((1, 1), (0, 0)), mode="edge")
    smooth = padded[:-2] / 4 + own / 2 + padded[2:] / 4
    edges = [
        span[0],
        *(round((cut[a].middle + cut[b].middle) / 2) for a, b in pairwise(at)),
        span[1],
    ]
    for speaker, group in groupby(range(len(at)), lambda n: int(smooth[n].argmax())):
        inside = list(group)
        alike = float(own[inside, speaker].mean())
        yield _Piece(edges[inside[0]], edges[inside[-1] + 1], speaker, alike)


def _absorbed(pieces: Sequence[_Piece], min_turn: int, max_pause: int) -> list[_Piece]:
    """Join pieces of one speaker, and give brief ones to a neighbour; who has none is left out."""
    told = _merged([piece for piece in pieces if piece.speaker is not None], max_pause)
    long = [piece for piece in told if piece.length >= min_turn]
    brief = [piece for piece in pieces if piece.speaker is None]
    brief += [piece for piece in told if piece.length < min_turn]
    starts = [piece.start for piece in long]
    given = list(long)
    for piece in brief:
        after = bisect(starts, piece.start)
        near = [
            (max(other.start - piece.end, piece.start - other.end, 0), -other.length, other)
            for other in long[max(0, after - 1) : after + 1]
        ]
        if near and (nearest := min(near, key=lambda found: found[:2]))[0] <= max_pause:
            given.append(replace(piece, speaker=nearest[2].speaker, likeness=nearest[2].likeness))
    return _merged(sorted(given, key=lambda piece: piece.start), max_pause)


def _merged(pieces: Sequence[_Piece], max_pause: int) -> list[_Piece]:
    merged: list[_Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if last and last.speaker == piece.speaker and piece.start - last.end <= max_pause:
            length = last.length + piece.length
            alike = (last.likeness * last.length + piece.likeness * piece.length) / length
            merged[-1] = replace(last, end=piece.end, likeness=alike)
        else:
            merged.append(piece)
    return merged
