"""What texts are about: their telling phrases, weighed and chosen."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.media import terms

Vectors = npt.NDArray[np.float32]
Key = tuple[str, ...]
"""A phrase's stems."""

MOST_WORDS = 3
_MARK = re.compile(r"[^\w\s'’.\-]+|[.\-](?=\s|$)|(?<=\s)[.\-]")  # noqa: RUF001  as it is written
_LONE = 0.7
"""What several words together are worth that are said so just once: chance puts them there, too."""
_LONGER = 0.25
"""What each further word adds to one that is said again: it says more of the matter."""
_ALIKE = 0.5
"""How much likeness to what is chosen already takes away: maximal marginal relevance (Carbonell and
Goldstein, 1998)."""


class Weighed(NamedTuple):
    text: str
    weight: float
    """How far it is to be trusted, 0..1."""
    language: str
    """ISO 639-1: says which words are stop words."""


@dataclass(frozen=True)
class Phrase:
    key: Key
    text: str
    """As it is mostly written."""
    count: float
    """How often it is said, by trust."""
    place: float
    """Where it is first said, 0..1 of the texts."""


def phrases(texts: Iterable[Weighed]) -> list[Phrase]:
    """Return the phrases of some texts, each with its weight: runs of up to three telling words.

    Candidates are cut at stop words and marks, as in RAKE (Rose et al., 2010).
    """
    counts: defaultdict[Key, float] = defaultdict(float)
    written: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    first: dict[Key, int] = {}
    total = 0
    for text, weight, language in texts:
        for run in _runs(text, language):
            for words in _parts(run):
                key = tuple(stem(word) for word in words)
                counts[key] += weight
                written[key][" ".join(words)] += 1
                first.setdefault(key, total)
        total += 1
    return [
        Phrase(key, _mostly(written[key]), count, first[key] / max(total, 1))
        for key, count in counts.items()
        if count
    ]


def stem(word: str) -> str:
    """Return a word so that its singular and plural, in many languages, are the same."""
    plain = word.casefold()
    if len(plain) > 4 and plain.endswith("ies"):
        return plain[:-3] + "y"
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") and plain[-2] != "s" else plain


def worth(phrase: Phrase) -> float:
    """Return how much a phrase counts for by itself, whatever it means."""
    longer = len(phrase.key) - 1
    if longer and phrase.count <= 1:
        return _LONE * float(np.log1p(phrase.count))
    return float(np.log1p(phrase.count)) * (1 + _LONGER * longer)


def choose(
    found: Sequence[Phrase],
    scores: npt.NDArray[np.float64],
    vectors: Vectors | None,
    most: int,
) -> list[tuple[Phrase, float]]:
    """Return up to `most` of the phrases and their scores, the best first, none like another.

    `vectors` has a row of length 1 a phrase; without, phrases alone that share a stem are alike.
    """
    chosen: list[int] = []
    left = set(range(len(found)))
    near = np.zeros(len(found))
    while left and len(chosen) < most:
        best = max(left, key=lambda i: (scores[i] * (1 - _ALIKE * near[i]), -i))
        if scores[best] <= 0:
            break
        chosen.append(best)
        stems = set(found[best].key)
        left = {i for i in left if not stems & set(found[i].key)}
        if vectors is not None:
            near = np.maximum(near, np.clip(vectors @ vectors[best], 0, 1))
    return [(found[i], float(scores[i])) for i in chosen]


def _runs(text: str, language: str) -> Iterator[list[str]]:
    """Yield words that stand together, without stop words or marks between them."""
    for part in _MARK.split(text):
        run: list[str] = []
        for word in terms.words(part):
            if terms.unspaced(word) or not terms.telling(word, language):
                if run:
                    yield run
                run = []
            else:
                run.append(word)
        if run:
            yield run


def _parts(run: Sequence[str]) -> Iterator[Sequence[str]]:
    for size in range(1, MOST_WORDS + 1):
        for first in range(len(run) - size + 1):
            yield run[first : first + size]


def _mostly(written: Mapping[str, int]) -> str:
    """Return how a phrase is mostly written; of ways as frequent, the one with fewer capitals."""
    return min(written, key=lambda text: (-written[text], sum(map(str.isupper, text)), text))
