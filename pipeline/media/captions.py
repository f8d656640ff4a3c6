"""Cues shown over pictures: apart from each other, and set on the cuts between shots.

Cues tell when words were heard; captions are what a viewer reads, by the rules that subtitlers
share (Netflix's Timed Text Style Guide, "Shot changes" and "Frame gap"): two pictures between two
captions, no flicker of a few pictures, nothing left standing over a cut once its speech has
ended. Pure arithmetic, done whenever a file is asked for: so new shots or names of speakers change
no cue, and nothing is transcribed again for them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.media.cues import MAX_MS, MIN_MS, reading_ms, single
from pipeline.results import Cue

GAP_MS = 80
"""Between two captions, at least: two pictures at 25 a second. Without it a change goes unseen."""
NEAR_MS = 250
"""What begins or ends so near to a cut is set on it."""
_FLICKER_MS = 500
"""A shorter gap is closed to `GAP_MS`; and what must stand over a cut stands so long after it."""
_PAUSE_MS = 200
"""Where nothing is heard for so long at a cut, speech does not run on over it."""
_LATE_MS = 120
"""Word ends are no surer than that: speech that ends so long after a cut has ended at it."""


@dataclass(frozen=True)
class Caption:
    """What is shown from `start_ms` to before `end_ms`."""

    start_ms: int
    end_ms: int
    text: str
    """One or more lines, joined by newlines."""
    speaker: str = ""
    """Who says it; empty: not known."""


@dataclass(frozen=True)
class _Part:
    """A cue, or what of it is said on one side of a cut."""

    cue: Cue
    speaker: str

    @property
    def is_heard(self) -> bool:
        """Whether it is known when it is said."""
        return bool(self.cue.words)

    @property
    def heard_until_ms(self) -> int:
        return self.cue.words[-1].end_ms if self.is_heard else self.cue.end_ms


def show(
    cues: Sequence[Cue], cuts_ms: Sequence[int], speakers: Sequence[str] = ()
) -> list[Caption]:
    """Return the captions for cues in order of time, and cuts, ascending.

    `speakers`: who says each cue; none: nobody is known. A cue without words was set by a person,
    with more in view than we have: it is shown as it came.
    """
    parts = _begun(_parted(cues, cuts_ms, speakers or [""] * len(cues)), cuts_ms)
    nexts_ms = [*(part.cue.start_ms for part in parts[1:]), None]
    return [
        Caption(part.cue.start_ms, _end_ms(part, next_ms, cuts_ms), part.cue.text, part.speaker)
        for part, next_ms in zip(parts, nexts_ms, strict=False)
    ]


def _parted(
    cues: Sequence[Cue], cuts_ms: Sequence[int], speakers: Sequence[str]
) -> Iterator[_Part]:
    nexts_ms = [*(cue.start_ms for cue in cues[1:]), 0]
    for cue, next_ms, speaker in zip(cues, nexts_ms, speakers, strict=False):
        for part in _at_pauses(cue, cuts_ms, max(cue.end_ms, next_ms)):
            yield _Part(part, speaker)


def _at_pauses(cue: Cue, cuts_ms: Sequence[int], until_ms: int) -> Iterator[Cue]:
    """Yield the cue in parts that end at cuts at which its speech pauses.

    None of them is too short to be read: rather the cue goes on over the cut.
    """
    for count, (before, after) in enumerate(pairwise(cue.words), start=1):
        if after.start_ms - before.end_ms < _PAUSE_MS:
            continue
        cut_ms = _first(cuts_ms, before.end_ms - _LATE_MS, after.start_ms + NEAR_MS)
        if cut_ms is None:
            continue
        part = single(cue.words[:count], min(cut_ms, after.start_ms) - GAP_MS)
        rest = single(cue.words[count:], until_ms)
        if _is_readable(part, part.end_ms) and _is_readable(rest, rest.end_ms):
            yield part
            yield from _at_pauses(rest, cuts_ms, until_ms)
            return
    yield cue


def _begun(parts: Iterable[_Part], cuts_ms: Sequence[int]) -> list[_Part]:
    """Set beginnings on cuts near them: later ones too, where enough is left to read."""
    begun: list[_Part] = []
    free_ms = 0
    for part in parts:
        cue = part.cue
        cut_ms = _nearest(cuts_ms, cue.start_ms) if part.is_heard else None
        if cut_ms is not None:
            later = replace(cue, start_ms=cut_ms)
            if _is_readable(later, cue.end_ms) if cut_ms > cue.start_ms else cut_ms >= free_ms:
                part = replace(part, cue=later)
        begun.append(part)
        free_ms = max(part.heard_until_ms, part.cue.start_ms + MIN_MS) + GAP_MS
    return begun


def _end_ms(part: _Part, next_ms: int | None, cuts_ms: Sequence[int]) -> int:
    """Return when a caption goes, where the next one begins at `next_ms`."""
    cue = part.cue
    if not part.is_heard:
        return cue.end_ms
    end_ms, latest_ms = cue.end_ms, cue.start_ms + MAX_MS
    if next_ms is not None and next_ms > cue.start_ms:
        # Where less than two gaps are left, half is for the caption.
        latest_ms = min(latest_ms, max(next_ms - GAP_MS, (cue.start_ms + next_ms + 1) // 2))
        if next_ms - end_ms < _FLICKER_MS:
            end_ms = next_ms
    end_ms = min(end_ms, latest_ms)
    over_ms = max(part.heard_until_ms - _LATE_MS, cue.start_ms + 1)
    cut_ms = _first(cuts_ms, over_ms, end_ms + NEAR_MS)
    if cut_ms is None:
        return end_ms
    at_cut_ms = min(cut_ms - GAP_MS, latest_ms)
    if end_ms <= at_cut_ms or _is_readable(cue, at_cut_ms):
        return at_cut_ms
    return end_ms if end_ms <= cut_ms else min(max(end_ms, cut_ms + _FLICKER_MS), latest_ms)


def _is_readable(cue: Cue, end_ms: int) -> bool:
    return end_ms - cue.start_ms >= max(MIN_MS, reading_ms(cue.text))


def _first(cuts_ms: Sequence[int], from_ms: int, to_ms: int) -> int | None:
    """Return the first cut in a span, its last millisecond included."""
    place = bisect_left(cuts_ms, from_ms)
    return cuts_ms[place] if place < len(cuts_ms) and cuts_ms[place] <= to_ms else None


def _nearest(cuts_ms: Sequence[int], at_ms: int) -> int | None:
    """Return the cut nearest to a moment, if one is near."""
    place = bisect_right(cuts_ms, at_ms)
    around = [cut for cut in cuts_ms[max(place - 1, 0) : place + 1] if abs(cut - at_ms) <= NEAR_MS]
    return min(around, key=lambda cut: abs(cut - at_ms), default=None)
