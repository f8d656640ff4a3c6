"""Words laid onto the speech that voice activity detection found.

Whisper places words by its attention, up to half a second off where a pause precedes them.
Speech starts with the voice (`pipeline.engines.onsets`), so it says where the first word after a
pause begins. Pure arithmetic, no model.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from pipeline.results import Word

_LATE_MS = 600
"""A first word later than this after the voice is believed: something else sounded before it."""
_MIN_WORD_MS = 20
_STRAYS = 2
"""So many words at the start of a sentence Whisper may draw back over the pause before it."""


def align(
    words: Sequence[Word], speech_ms: Sequence[tuple[int, int]], duration_ms: int
) -> list[Word]:
    """Return every word, in order, within the speech, apart, and each at least 20 ms long.

    `speech_ms` are the spans of speech, ascending and apart, at least one. Where the sound ends
    before the words do, the last ones are moved and shortened as far as it takes.
    """
    least_ms = max(min(_MIN_WORD_MS, duration_ms // max(len(words), 1)), 1)
    placed: list[Word] = []
    clock = 0
    for left, word in zip(reversed(range(len(words))), _anchored(words, speech_ms), strict=True):
        latest_ms = duration_ms - left * least_ms
        """When it has to end, so that each of those left has room."""
        start_ms = min(max(word.start_ms, clock), latest_ms - least_ms)
        clock = min(max(word.end_ms, start_ms + least_ms), latest_ms)
        placed.append(replace(word, start_ms=start_ms, end_ms=clock))
    return placed


def _anchored(words: Iterable[Word], speech_ms: Sequence[tuple[int, int]]) -> Iterator[Word]:
    """Clamp words into their span of speech and let the first of each begin with the voice."""
    middles = [(end + start) // 2 for (_, end), (start, _) in pairwise(speech_ms)]

    def span(word: Word) -> int:
        # A word between two spans belongs to the nearer one.
        return bisect_left(middles, (word.start_ms + word.end_ms) // 2)

    groups = [(index, list(spoken)) for index, spoken in groupby(words, key=span)]
    for here, following in pairwise([*groups, None]):
        if here is None:
            return
        index, spoken = here
        if following and _strayed(spoken, following[1][0], speech_ms[index]):
            index = following[0]
        low, high = speech_ms[index]
        for i, word in enumerate(spoken):
            start_ms = min(max(word.start_ms, low), high)
            if i == 0 and start_ms - low <= _LATE_MS:
                start_ms = low
            end_ms = min(max(word.end_ms, start_ms), high)
            yield replace(word, start_ms=start_ms, end_ms=end_ms)


def _strayed(spoken: Sequence[Word], following: Word, sounding: tuple[int, int]) -> bool:
    """Tell whether a span's words begin the sentence that `following` goes on with in the next.

    So it is where something else sounds, all but to its end, before a sentence: a song, a crowd.
    """
    return (
        len(spoken) <= _STRAYS
        and spoken[0].start_ms - sounding[0] > _LATE_MS
        and spoken[-1].end_ms >= following.start_ms
        and spoken[-1].text[-1:].isalnum()
    )
