"""Where chapters begin, and what the screen calls them: arithmetic on times."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pipeline.media.sentences import Sentence
from pipeline.results import TextSpan

_LEAST_MS, _MOST_LEAST_MS = 20_000, 180_000
_MOST_CHAPTERS = 20
_LONG_PAUSE_MS = 1_500
_PAUSE_HELPS, _CUT_HELPS = 0.3, 0.1
"""How much cheaper a turn is after a long pause, and where the picture cuts."""
_REACH_MS = 500
"""A cut so near to the words draws the chapter's start to itself."""

_TITLE_WITHIN_MS = 10_000
_TITLE_HEIGHT = 0.05
"""Of the picture: subtitles and captions are smaller."""
_TITLE_SURE = 0.8
_TITLE_CHARACTERS = 3, 60
_TITLE_LONGEST = 0.5
"""What stands through more of the video is no chapter's title."""


def least_ms(duration_ms: int) -> int:
    """Return how long a chapter lasts at least: 20 s, and in a longer video a twentieth of it.

    Nothing longer than three minutes is asked for.
    """
    return min(max(_LEAST_MS, duration_ms // _MOST_CHAPTERS), _MOST_LEAST_MS)


def costs(sentences: Sequence[Sentence], cuts_ms: Sequence[int], turn: float) -> list[float]:
    """Return what a chapter costs that begins with each sentence; `turn` without pause or cut."""
    found = [turn]
    for before, after in pairwise(sentences):
        pause = min(max(after.start_ms - before.end_ms, 0) / _LONG_PAUSE_MS, 1.0)
        cut = _cut_at(before, after, cuts_ms) is not None
        found.append(turn * (1 - _PAUSE_HELPS * pause - _CUT_HELPS * cut))
    return found


def start_ms(before: Sentence, after: Sentence, cuts_ms: Sequence[int]) -> int:
    """Return when a chapter begins whose first sentence is `after`: with it, or with a cut near it."""
    cut = _cut_at(before, after, cuts_ms)
    return after.start_ms if cut is None else cut


def screen_title(span: tuple[int, int], texts: Sequence[TextSpan], duration_ms: int) -> str:
    """Return the largest text that stands on the screen as the chapter begins; may be empty.

    What is shown again and again, or most of the time, belongs to the picture: a logo, a ticker.
    """
    shown = Counter(text.text.casefold() for text in texts)
    found = [
        text
        for text in texts
        if span[0] - _REACH_MS <= text.start_ms < min(span[0] + _TITLE_WITHIN_MS, span[1])
        and text.box[3] >= _TITLE_HEIGHT
        and text.confidence >= _TITLE_SURE
        and shown[text.text.casefold()] == 1
        and text.end_ms - text.start_ms <= _TITLE_LONGEST * duration_ms
        and _is_title(text.text)
    ]
    best = max(found, key=lambda text: (text.box[3], -text.start_ms), default=None)
    return " ".join(best.text.split()) if best else ""


def _cut_at(before: Sentence, after: Sentence, cuts_ms: Sequence[int]) -> int | None:
    """Return the cut between two sentences that is nearest to the second one."""
    first, last = min(before.end_ms, after.start_ms) - _REACH_MS, after.start_ms + _REACH_MS
    near = [cut for cut in cuts_ms if max(first, before.start_ms + 1) <= cut <= last]
    return min(near, key=lambda cut: abs(cut - after.start_ms), default=None)


def _is_title(text: str) -> bool:
    fewest, most = _TITLE_CHARACTERS
    letters = sum(character.isalpha() for character in text)
    return fewest <= len(text.strip()) <= most and letters >= max(fewest, len(text) // 2)
