"""Whether cited lines can have led to a sentence: a cheap check, by words.

It knows no meaning: a sentence that says the opposite in the same words passes. What it stops is a
citation that has nothing to do with its sentence, and a sentence full of words that nobody said.
"""

import re
from collections.abc import Iterable, Sequence

from pipeline.llm.numbers import numbers

# Scripts without spaces have each character for a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
_ADDRESS = re.compile(r"\S*(?:://|www\.)\S*", re.IGNORECASE)
# Fewer than those of `pipeline.media.terms`: "two", "never" and "first" decide whether it was said.
_WORDS_WITHOUT_MEANING = """
    a about after all also an and any are as at be because been before being both but by can
    could did do does during each few for from further had has have having he her here him his
    how i if in into is it its just like may me more most my no nor not now of off on once only
    or other our out over own said same say says she should so some speaker speakers such than
    that the their them then there these they this those through to too under until up upon us
    very video was way we were what when where which while who whom whose why will with would
    yes you your"""
_STOP = frozenset(_WORDS_WITHOUT_MEANING.split())


def content(text: str) -> set[str]:
    """Return the words of `text` that carry its meaning, in lower case."""
    return {word for word in map(str.lower, _WORD.findall(text)) if word not in _STOP}


def supported(sentence: str, cited: Iterable[str], given: str = "") -> bool:
    """Tell whether the texts `cited` can have led to `sentence`.

    Half of its words must be theirs, in whatever form; those of `given`, the question, don't
    count, for they prove nothing. Of a sentence that has no other words ("Yes"), those of the
    question must be theirs.
    """
    texts = list(cited)
    if invents(sentence, texts):
        return False
    heard = set().union(*map(content, texts))
    asked = content(given)
    fresh = {word for word in content(sentence) if not _among(word, asked)}
    if not fresh:
        return any(_among(word, heard) for word in content(sentence) | asked)
    return 2 * sum(_among(word, heard) for word in fresh) >= len(fresh)


def invents(sentence: str, texts: Sequence[str]) -> bool:
    """Tell whether `sentence` has an address (`https://…`) or a number that no text has."""
    if any(not any(found in text for text in texts) for found in _ADDRESS.findall(sentence)):
        return True
    return not numbers(sentence) <= set().union(*map(numbers, texts))


def adds(sentence: str, given: str) -> bool:
    """Tell whether `sentence` has words that carry meaning beside those of `given`."""
    asked = content(given)
    return any(not _among(word, asked) for word in content(sentence))


def shared(text: str, other: str) -> int:
    """Return how many words that carry meaning two texts share."""
    words = content(other)
    return sum(_among(word, words) for word in content(text))


def related(text: str, to: str) -> bool:
    """Tell whether two texts share a word that carries meaning."""
    return shared(text, to) > 0


def _among(word: str, words: set[str]) -> bool:
    return word in words or any(_same(word, other) for other in words)


def _same(one: str, other: str) -> bool:
    """Tell whether two words may be forms of one: leave, leaving."""
    stem = max(4, min(len(one), len(other)) - 2)
    return len(one) >= stem and one[:stem] == other[:stem]
