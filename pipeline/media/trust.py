"""How far a cue can be believed: flags that say why not, and what they leave of its weight.

The engine's own measures come with each utterance. On speech they are far from their limits; what
the engine makes up for music and noise passes at least one: `make eval STAGES=transcribe` counts
both.
"""

import math
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.results import Cue, Utterance, Word

_WEIGHTS = {
    "repetition": 0.2,
    "low_logprob": 0.4,
    "no_speech_likely": 0.2,
    "compression": 0.2,
    "too_fast": 0.5,
    "outside_audio": 0.2,
    "music": 0.5,
}
FLAGS = tuple(_WEIGHTS)

_MIN_LOG_PROBABILITY = -1.0
"""Mean natural logarithm of a cue's words: Whisper's limit for a whole utterance."""
_LEAST_WORDS = 3
"""Of fewer it says little: names that are right can be that improbable."""

_LONGEST_LOOP = 16
"""Words of the longest phrase that is watched for repetition."""
_REPEATS = {1: 6, 2: 4}
"""So often in a row a phrase of one or two words is no emphasis any more ("no, no, no") …"""
_REPEATS_LONGER = 3
"""… and a longer one."""

_FASTEST_PER_S = 40.0
"""Letters: auctioneers reach 400 words a minute, of about 35 letters a second."""
_LETTERS_PER_WIDE = 3
"""A Chinese or Japanese character is a syllable; one of English has about three letters."""
_LEAST_LETTERS = 12
"""Of less the times are too coarse to tell how fast it was said."""

_OUTSIDE_MS = 600
"""Whisper's word times are off by up to half a second."""
_MOST = 0.5
"""A cue has a flag if so much of it does."""
_SPOKEN_OVER = 0.2
"""Over music a cue is speech where so much of it sounds like speech …"""
_CLEAR_OVER = math.log(0.6)
"""… or its words are as probable as that, where music drowns what a voice sounds like."""

Span = tuple[int, int]


def weight(flags: Iterable[str]) -> float:
    """Return how much a cue with these flags weighs in search, summary and scores: 0..1.

    Without flags 1. Each flag tells of a doubt of its own, so they multiply. Unknown ones, of a
    newer server, weigh nothing.
    """
    return math.prod(_WEIGHTS.get(flag, 1.0) for flag in set(flags))


@dataclass(frozen=True)
class Heard:
    """A word in its place, and how it was heard."""

    word: Word
    heard_ms: Span
    """Start and end as the engine gave them."""
    utterance: Utterance


def flagged(
    cues: Sequence[Cue],
    heard: Sequence[Heard],
    *,
    speech_ms: Sequence[Span],
    music_ms: Sequence[Span] = (),
    spoken_ms: Sequence[Span] = (),
) -> tuple[Cue, ...]:
    """Return the cues with their flags.

    `heard` are the words that the cues are set from, ascending. `speech_ms` are the spans in which
    voice activity was detected; `music_ms` and `spoken_ms` those that sound like music and like
    speech, which may overlap. All ascending, ms.
    """
    doubts = [_doubts(one, speech_ms) for one in heard]
    for i in _repeated([_plain(one.word.text) for one in heard]):
        doubts[i].add("repetition")
    starts = [one.word.start_ms for one in heard]
    found = []
    for cue in cues:
        first = max(bisect_left(starts, cue.words[0].start_ms + 1) - 1, 0)
        last = max(bisect_left(starts, cue.words[-1].end_ms), first + 1)
        of_words = doubts[first:last]
        flags = {
            flag for flag in FLAGS if sum(flag in one for one in of_words) >= _MOST * len(of_words)
        }
        sure = _log_probability(cue.words)
        if sure < _MIN_LOG_PROBABILITY and len(cue.words) >= _LEAST_WORDS:
            flags.add("low_logprob")
        if too_fast(cue.words):
            flags.add("too_fast")
        span = (cue.words[0].start_ms, cue.words[-1].end_ms)
        if sure < _CLEAR_OVER and _is_music(span, music_ms, spoken_ms):
            flags.add("music")
        found.append(replace(cue, flags=tuple(flag for flag in FLAGS if flag in flags)))
    return tuple(found)


def too_fast(words: Sequence[Word]) -> bool:
    """Tell whether nobody speaks that fast, by the words' own times."""
    letters = sum(_letters(word.text) for word in words)
    span_ms = words[-1].end_ms - words[0].start_ms
    return letters >= _LEAST_LETTERS and letters * 1000 > _FASTEST_PER_S * span_ms


def _doubts(one: Heard, speech_ms: Sequence[Span]) -> set[str]:
    """Return the flags that a word has by itself."""
    utterance = one.utterance
    flags = {
        "low_logprob": utterance.is_improbable,
        "no_speech_likely": utterance.is_likely_silence,
        "compression": utterance.repeats_itself,
        "outside_audio": _distance_ms(sum(one.heard_ms) // 2, speech_ms) > _OUTSIDE_MS,
    }
    return {flag for flag, holds in flags.items() if holds}


def _log_probability(words: Sequence[Word]) -> float:
    """Return the logarithm of the geometric mean of the words' probabilities."""
    return sum(math.log(max(word.probability, 1e-6)) for word in words) / len(words)


def _repeated(words: Sequence[str]) -> Iterator[int]:
    """Yield the places of words that belong to a phrase said over and over, some of them twice."""
    for size in range(1, _LONGEST_LOOP + 1):
        least = size * (_REPEATS.get(size, _REPEATS_LONGER) - 1)
        same = 0
        """How many words in a row equal the one `size` before."""
        for i in range(size, len(words) + 1):
            if i < len(words) and words[i] and words[i] == words[i - size]:
                same += 1
                continue
            if same >= least:
                yield from range(i - same - size, i)
            same = 0


def _is_music(cue: Span, music_ms: Sequence[Span], spoken_ms: Sequence[Span]) -> bool:
    return _covered(cue, music_ms) >= _MOST and _covered(cue, spoken_ms) < _SPOKEN_OVER


def _covered(span: Span, by: Sequence[Span]) -> float:
    """Return how much of `span` lies within the spans `by`, which do not overlap: 0..1."""
    shared = sum(max(0, min(span[1], end) - max(span[0], start)) for start, end in by)
    return shared / max(span[1] - span[0], 1)


def _distance_ms(at_ms: int, spans: Sequence[Span]) -> int:
    """Return how far a moment is from the nearest of the spans."""
    after = bisect_left(spans, (at_ms, at_ms))
    near = spans[max(after - 1, 0) : after + 1]
    return min(max(start - at_ms, at_ms - end, 0) for start, end in near)


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _letters(text: str) -> int:
    return sum(
        _LETTERS_PER_WIDE if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
        if c.isalnum()
    )
