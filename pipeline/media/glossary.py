"""Words set right by a glossary. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from pipeline.results import Word

Corrections = Sequence[tuple[str, str]]
"""What is heard, and what is right: a word each, or several."""


def corrected(words: Sequence[Word], corrections: Corrections) -> tuple[Word, ...]:
    """Replace what the glossary names, whole words in any case; of two that fit, the longer.

    Punctuation around it stays. As many words keep their times; more or fewer share the time of
    those they replace by their lengths. The probability is that of the least sure.
    """
    known = {tuple(_plain(part) for part in heard.split()): right for heard, right in corrections}
    longest = max(map(len, known), default=0)
    plain = [_plain(word.text) for word in words]

    def replaced() -> Iterator[Word]:
        at = 0
        while at < len(words):
            fitting = (n for n in range(longest, 0, -1) if tuple(plain[at : at + n]) in known)
            count = next(fitting, 0)
            if count:
                yield from _instead(words[at : at + count], known[tuple(plain[at : at + count])])
            else:
                yield words[at]
            at += count or 1

    return tuple(replaced())


def _instead(heard: Sequence[Word], right: str) -> Iterator[Word]:
    first, last = heard[0], heard[-1]
    before, _ = _around(first.text)
    _, after = _around(last.text)
    texts = right.split()
    texts[0] = before + texts[0]
    texts[-1] += after
    probability = min(word.probability for word in heard)
    for text, (start_ms, end_ms) in zip(texts, _times(heard, texts), strict=True):
        yield Word(start_ms, end_ms, text, probability)


def _times(heard: Sequence[Word], texts: Sequence[str]) -> Iterable[tuple[int, int]]:
    if len(heard) == len(texts):
        return [(word.start_ms, word.end_ms) for word in heard]
    start_ms, span_ms = heard[0].start_ms, heard[-1].end_ms - heard[0].start_ms
    whole = sum(map(len, texts))
    ends = [sum(map(len, texts[: i + 1])) for i in range(len(texts))]
    bounds = [start_ms, *(start_ms + span_ms * end // whole for end in ends)]
    return pairwise(bounds)


def _plain(text: str) -> str:
    before, after = _around(text)
    return text[len(before) : len(text) - len(after)].casefold()


def _around(text: str) -> tuple[str, str]:
    """Return the punctuation before and after a word; all of it is before where nothing else is."""
    inner = [i for i, c in enumerate(text) if c.isalnum()]
    return (text[: inner[0]], text[inner[-1] + 1 :]) if inner else (text, "")
