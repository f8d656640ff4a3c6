"""Names in English text: whether a question's stand in a video, and whether a text has somebody's.

By how they are written, not by what is known of them: a name that `find_entities` would find in
German, where every noun has a capital, is none here.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pipeline.llm import support
from pipeline.llm.support import Nearness

# By MiniLM: Holland and Netherlands 0.90, UK and Britain 0.78; France and England 0.68.
_SAME_NAME = 0.75
# Of spelling, by difflib: Stephenson and Stevenson 0.84.
_SPELT_ALIKE = 0.75
_NEXT_TO = 2
"""So many words on at most a name stands by whose it is: "Chelsea the cat"."""

_ASKS = re.compile(r"\b(?:who|whom|whose|what|when|where|which|how|why)\b", re.IGNORECASE)
_NAME = re.compile(r"\b[A-Z][\w'-]*(?: [A-Z][\w'-]*)*")
_BEGINS = re.compile(r"(?:^|[.!?:…\"“] ?)$")
_PLACE_OR_THING = re.compile(
    r"\b(?:in|at|of|near|from|to|between|around|across|over|the)(?: [A-Z]\w* and)? $"
)
_CALLED = re.compile(r"\bname of\b|\b(?:called|named)\W*$")
_SAYS_NAME = re.compile(r"\b(?:names?|named|called)\b")
# Evidence seldom says of whom it names that it is one.
_SOMEBODY = frozenset({"person", "people", "man", "men", "woman", "women", "boy", "girl"})


def strange(question: str, texts: Sequence[str], near: Nearness | None) -> str:
    """Return a name in the question that no text has; "": each is there, or who can tell.

    One of several words is there if half of them are, or if one alike in meaning is. Raises as
    `near` does.
    """
    english = sum(map(support.english, texts))
    if near is None or not _ASKS.search(question) or 2 * english < len(texts):
        return ""
    everything = " ".join(texts)
    heard = support.content(everything)
    plain = {word for word in re.findall(r"\w+", everything) if word.islower()}
    names = {name for text in texts for name, _ in _names(text) if name.lower() not in plain}
    for name, _ in _names(question):
        words = name.lower().split()
        met = sum(any(_spelt_alike(word, other) for other in heard) for word in words)
        there = 2 * met >= len(words) or name.isupper()  # what letters stand for, nobody can tell
        if not there and all(near(name, other) < _SAME_NAME for other in names):
            return name
    return ""


def wanted(question: str) -> bool:
    """Tell whether a question wants the name of somebody or something: "…called?"."""
    return bool(_CALLED.search(question.lower()))


def somebody(question: str, text: str, near: Nearness | None) -> bool:
    """Tell whether a text names whom a question wants, or says of somebody what is asked.

    Raises as `near` does.
    """
    asked = support.content(question) - {"name"}
    # What they do, "painted", or are: "mayor".
    does = next((word for word in re.findall(r"\w+", question.lower()) if word in asked), "")
    does_so = support.met(does, text, near)
    if wanted(question) and does not in _SOMEBODY and not does_so:
        return False
    known = set(question.lower().split())
    names = [one for one in _names(text) if known.isdisjoint(one[0].lower().split())]
    if any(sure for _, sure in names):
        return True
    if wanted(question):
        said = bool(_SAYS_NAME.search(text.lower()))
        return said or any(_beside(name, does, text) for name, _ in names)
    return does_so and 2 * support.shared(question, text) >= len(asked)


def _names(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what is written like a name, and whether it is likely somebody's.

    One word that begins a sentence may be none; after "in" or "the" it is a place or a thing.
    """
    for found in _NAME.finditer(text):
        before, words = text[: found.start()], found[0].split()
        begins = bool(_BEGINS.search(before))
        if begins and words[0].lower() in support.STOP:
            begins, words = False, words[1:]
        if words and words != ["I"]:
            somebodys = len(words) > 1 or not begins
            yield " ".join(words), somebodys and not _PLACE_OR_THING.search(before)


def _beside(name: str, who: str, text: str) -> bool:
    words = re.findall(r"\w+", text.lower())
    own = name.lower().split()
    at = [place for place, word in enumerate(words) if word in own]
    return any(
        abs(place - other) <= _NEXT_TO
        for place, word in enumerate(words)
        if support.same(word, who)
        for other in at
    )


def _spelt_alike(one: str, other: str) -> bool:
    return support.same(one, other) or SequenceMatcher(None, one, other).ratio() >= _SPELT_ALIKE
