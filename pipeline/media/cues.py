"""Words set as subtitles: pure arithmetic on times and texts.

The rules are those that broadcasters share (BBC, Netflix): at most two lines of 42 columns, one
to seven seconds, at most 20 columns a second where the pauses allow it, breaks where a sentence,
a clause or a breath ends. Which breaks are best is a shortest path over the words.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil, inf

from pipeline.results import Cue, Word

MAX_LINE = 42
MIN_MS, MAX_MS = 1_000, 7_000
MAX_COLUMNS_PER_S = 20
PAUSE_MS = 1_000
"""No cue stands through a pause as long as this."""

# Full-width marks are meant: they end sentences and clauses in Chinese and Japanese.
_SENTENCE_END = tuple(".?!…。？！")  # noqa: RUF001  as languages write it
_CLAUSE_END = tuple(",;:–—、，；：")  # noqa: RUF001  as languages write it
_HIDING = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_NEVER_FIRST = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮー々"
"""What Japanese sets at no line's beginning (kinsoku): half of a syllable."""
_CLOSING = "\"'”’)]»」』）"  # noqa: RUF001  as languages write it

# What a set of cues costs, in units of one more cue.
_NEW_CUE = 1.0
_AT_SENTENCE, _AT_CLAUSE, _ANYWHERE, _IN_SYLLABLE = 0.0, 1.5, 5.0, 20.0
_ACROSS_SENTENCES = 1.5
_SILENCE_PER_S = 2.0
_TOO_SHORT, _TOO_FAST = 4.0, 3.0
_UNEVEN = 0.5
_BREATH_MS = 600
"""A break is the cheaper the longer the pause at it, and free from here on."""


def build(words: Sequence[Word], duration_ms: int) -> tuple[Cue, ...]:
    """Set every word in exactly one cue, in order; cues do not overlap.

    `words` are ascending, apart and not empty. A word longer than a line is cut into lines that
    share its time. A cue is shorter than a second, or read faster than the limit, only where the
    next one or the end at `duration_ms` leaves no room.
    """
    pieces = [piece for word in words for piece in _pieces(word)]
    setting = _Setting(pieces, duration_ms)
    return tuple(setting.cue(first, last) for first, last in setting.best())


def single(words: Sequence[Word], until_ms: int) -> Cue:
    """Set words, of which two lines hold all, as one cue that is gone at `until_ms`."""
    return _Setting(words, until_ms).cue(0, len(words))


def reading_ms(text: str) -> int:
    """Return how long reading takes, a line's end being a column like a space."""
    return ceil(columns(text) * 1000 / MAX_COLUMNS_PER_S)


def clean_line(line: str) -> str:
    """Return a line without control characters and lone surrogates, and the spaces around it."""
    return "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs")).strip()


def hides(char: str) -> bool:
    """Tell whether a character ends a line, shows nothing, or turns what is written after it.

    Joiners show nothing either, but Persian and Indic words are spelt with them.
    """
    return unicodedata.category(char) in _HIDING and char not in _JOINERS


def clean_name(name: str) -> str:
    """Return a name that may stand before a line: in one line itself, without what hides."""
    return " ".join("".join(c for c in name if c.isspace() or not hides(c)).split())


def join(texts: Sequence[str]) -> str:
    """Join words as they are written: a space between, except beside Han, kana, Thai and alike."""
    joined = texts[0]
    for text in texts[1:]:
        joined += (" " if _spaced(joined, text) else "") + text
    return joined


class _Setting:
    """The words on one endless line, and what each way to cut it costs."""

    def __init__(self, words: Sequence[Word], duration_ms: int) -> None:
        self._words = words
        self._starts: list[int] = []
        """Column at which each word begins."""
        self._ends: list[int] = []
        column = 0
        for i, word in enumerate(words):
            column += i > 0 and _spaced(words[i - 1].text, word.text)
            self._starts.append(column)
            column += columns(word.text)
            self._ends.append(column)
        self._rooms = [word.start_ms for word in words[1:]] + [
            max(duration_ms, words[-1].end_ms) if words else 0
        ]
        """Until when a cue that ends with each word may stay."""
        self._gaps = [b.start_ms - a.end_ms for a, b in pairwise(words)]
        self._breaks = [
            _break_cost(a, b, gap) for (a, b), gap in zip(pairwise(words), self._gaps, strict=True)
        ]

    def best(self) -> list[tuple[int, int]]:
        """Return the cheapest cues as `(first word, one after the last)`: a shortest path."""
        count = len(self._words)
        costs, origins = [0.0] + [inf] * count, [0] * (count + 1)
        for last in range(1, count + 1):
            inside = 0.0
            for first in range(last - 1, -1, -1):
                if first < last - 1:
                    if not self._fits(first, last):
                        break
                    inside += self._inside_cost(first)
                cost = costs[first] + inside + self._cost(first, last)
                if cost < costs[last]:
                    costs[last], origins[last] = cost, first
        cuts = [count]
        while cuts[-1] > 0:
            cuts.append(origins[cuts[-1]])
        return list(pairwise(reversed(cuts)))

    def cue(self, first: int, last: int) -> Cue:
        words = tuple(self._words[first:last])
        confidence = sum(word.probability for word in words) / len(words)
        return Cue(
            start_ms=words[0].start_ms,
            end_ms=self._end_ms(first, last),
            text="\n".join(self._lines(first, last)),
            confidence=round(confidence, 4),
            words=words,
        )

    def _width(self, first: int, last: int) -> int:
        return self._ends[last - 1] - self._starts[first]

    def _end_ms(self, first: int, last: int) -> int:
        """Stay as long as reading takes, if the next cue leaves room."""
        start_ms = self._words[first].start_ms
        reading_ms = ceil(self._width(first, last) * 1000 / MAX_COLUMNS_PER_S)
        end_ms = max(self._words[last - 1].end_ms, start_ms + max(reading_ms, MIN_MS))
        return min(end_ms, self._rooms[last - 1], start_ms + MAX_MS)

    def _fits(self, first: int, last: int) -> bool:
        """Tell whether the words make one cue. What does not fit, fits with more words neither."""
        return (
            self._gaps[first] < PAUSE_MS
            and self._words[last - 1].end_ms - self._words[first].start_ms <= MAX_MS
            and (self._width(first, last) <= MAX_LINE or any(self._splits(first, last)))
        )

    def _splits(self, first: int, last: int) -> Iterator[int]:
        """Yield where two lines may part: the word that begins the second, never the first."""
        for second in range(last - 1, first, -1):
            if self._width(second, last) > MAX_LINE:
                return
            if self._width(first, second) <= MAX_LINE:
                yield second

    def _lines(self, first: int, last: int) -> list[str]:
        """Set one line if it is enough, else two that are even and part at a clause."""
        texts = [word.text for word in self._words[first:last]]
        if self._width(first, last) <= MAX_LINE:
            return [join(texts)]

        def cost(second: int) -> float:
            uneven = abs(self._width(first, second) - self._width(second, last))
            orphan = last - first > 2 and 1 in (second - first, last - second)
            return uneven + 20 * orphan + 4 * self._breaks[second - 1]

        second = min(self._splits(first, last), key=cost) - first
        return [join(texts[:second]), join(texts[second:])]

    def _inside_cost(self, first: int) -> float:
        """What it costs that a cue goes on after its word `first`."""
        sentence = self._breaks[first] == _AT_SENTENCE
        return _ACROSS_SENTENCES * sentence + _SILENCE_PER_S * self._gaps[first] / 1000

    def _cost(self, first: int, last: int) -> float:
        """What a cue costs by itself and by the break at its end."""
        width = self._width(first, last)
        shown_ms = max(self._end_ms(first, last) - self._words[first].start_ms, 1)
        short = max(1 - shown_ms / MIN_MS, 0)
        fast = max(width * 1000 / shown_ms / MAX_COLUMNS_PER_S - 1, 0)
        at_end = self._breaks[last - 1] if last < len(self._words) else 0
        uneven = _UNEVEN * (width / (2 * MAX_LINE)) ** 2
        return _NEW_CUE + at_end + _TOO_SHORT * short + _TOO_FAST * fast + uneven


def _break_cost(word: Word, following: Word, gap_ms: int) -> float:
    if following.text[0] in _NEVER_FIRST:
        return _IN_SYLLABLE
    text = word.text.rstrip(_CLOSING)
    if ends_sentence(text) and not abbreviated(text, following.text):
        return _AT_SENTENCE
    cost = _AT_CLAUSE if text.endswith((*_CLAUSE_END, *_SENTENCE_END)) else _ANYWHERE
    return cost * max(1 - gap_ms / _BREATH_MS, 0)


def ends_sentence(text: str) -> bool:
    """Tell whether a word has a mark that ends sentences; it may still be `abbreviated`."""
    return text.rstrip(_CLOSING).endswith(_SENTENCE_END)


def abbreviated(text: str, following: str) -> bool:
    """Tell "Dr. Who" and "approx. ten" from the end of a sentence, as far as looks can tell."""
    title = len(text) <= 4 and text[0].isupper() and not text[:-1].isupper()
    return text.endswith(".") and (title or following[0].islower())


def _pieces(word: Word) -> Iterator[Word]:
    """Cut a word that is longer than a line, and end one that is longer than a cue."""
    parts = [""]
    for character in word.text:
        if columns(parts[-1] + character) > MAX_LINE:
            parts.append("")
        parts[-1] += character
    start_ms, span_ms = word.start_ms, min(word.end_ms - word.start_ms, MAX_MS)
    done = 0
    for part in parts:
        begin_ms = start_ms + span_ms * done // len(word.text)
        done += len(part)
        end_ms = start_ms + span_ms * done // len(word.text)
        yield replace(word, start_ms=begin_ms, end_ms=end_ms, text=part)


def columns(text: str) -> int:
    """Count columns as terminals and caption makers do: a wide character takes two."""
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def _spaced(left: str, right: str) -> bool:
    return not (_writes_unspaced(left[-1]) or _writes_unspaced(right[0]))


def _writes_unspaced(character: str) -> bool:
    if unicodedata.east_asian_width(character) in "WF":
        return not unicodedata.name(character, "").startswith("HANGUL")
    return unicodedata.name(character, "").startswith(("THAI", "LAO", "MYANMAR", "KHMER"))
