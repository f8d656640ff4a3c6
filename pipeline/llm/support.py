"""Whether cited lines can have led to a sentence: a cheap check, by words.

It knows no meaning: a sentence that says the opposite in the same words passes. What it stops is a
citation that has nothing to do with its sentence, and a sentence full of words that nobody said.
"""

import re
from collections.abc import Iterable

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
    question must be theirs. An address (`https://…`) must stand in them letter by letter.
    """
    texts = list(cited)
    if any(not any(found in text for text in texts) for found in _ADDRESS.findall(sentence)):
        return False
    heard = set().union(*map(content, texts))
    asked = content(given)
    fresh = {word for word in content(sentence) if not _among(word, asked)}
    if not fresh:
        return any(_among(word, heard) for word in content(sentence) | asked)
    return 2 * sum(_among(word, heard) for word in fresh) >= len(fresh)


def related(text: str, to: str) -> bool:
    """Tell whether two texts share a word that carries meaning."""
    words = content(to)
    return any(_among(word, words) for word in content(text))


def _among(word: str, words: set[str]) -> bool:
    return word in words or any(_same(word, other) for other in words)


def _same(one: str, other: str) -> bool:
    """Tell whether two words may be forms of one: leave, leaving."""
    stem = max(4, min(len(one), len(other)) - 2)
    return len(one) >= stem and one[:stem] == other[:stem]
