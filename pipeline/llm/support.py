"""Whether cited lines can have led to a sentence: a cheap check, by words.

It knows no meaning: a sentence that says the opposite in the same words passes. What it stops is a
citation that has nothing to do with its sentence, and a sentence full of words that nobody said.
"""

import re
from collections.abc import Callable, Iterable, Sequence

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
STOP = frozenset(_WORDS_WITHOUT_MEANING.split())
# What no other language that we know of has, and what hardly any has two of.
_ONLY_ENGLISH = """
    and been from its that the their them there they this were when where which with would you"""
_MOSTLY_ENGLISH = "but has how it of to what will"
_ENGLISH = frozenset(_ONLY_ENGLISH.split())
_ENGLISH_TOGETHER = frozenset(_MOSTLY_ENGLISH.split())

Nearness = Callable[[str, str], float]
"""The cosine of two texts, -1..1, as `pipeline.engines.minilm` embeds them."""
_ALIKE = 0.45
"""Of single words, by MiniLM: keeper and guards 0.53, animal and whale 0.56, king and president 0.50;
painted and camera 0.41, king and monks 0.25."""


def english(text: str) -> bool:
    """Tell whether a text is English for sure: of a few words it mostly is not."""
    words = set(map(str.lower, _WORD.findall(text)))
    return bool(words & _ENGLISH) or len(words & _ENGLISH_TOGETHER) > 1


def content(text: str) -> set[str]:
    """Return the words of `text` that carry its meaning, in lower case."""
    return {word for word in map(str.lower, _WORD.findall(text)) if word not in STOP}


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


def met(word: str, text: str, near: Nearness | None) -> bool:
    """Tell whether a text has a word, in some form, or one of nearly its meaning.

    Without `near`, which raises as it does, none can tell that it has not.
    """
    words = content(text)
    return (
        _among(word, words) or near is None or any(near(word, other) >= _ALIKE for other in words)
    )


def _among(word: str, words: set[str]) -> bool:
    return any(same(word, other) for other in words)


def same(one: str, other: str) -> bool:
    """Tell whether two words may be forms of one: leave, leaving."""
    stem = max(4, min(len(one), len(other)) - 2)
    return one == other or (len(one) >= stem and one[:stem] == other[:stem])
