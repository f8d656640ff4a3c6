"""Keywords of a talk, and titles of its parts: phrases weighed by how often and how near they are."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.media import phrases
from pipeline.media.phrases import Phrase, Vectors, Weighed
from pipeline.results import Keyword

Embed = Callable[[Sequence[str]], Vectors]
"""Texts to (n, d) float32, rows of length 1."""

_MOST_CANDIDATES = 400
"""The most frequent alone are compared by meaning: so a long talk costs no more than a short one."""
_AS_WRITTEN = 0.3
"""What a phrase far from the matter keeps of its worth."""
_NEAREST = 8
"""So many sentences about a phrase make it one of the matters."""
_EARLY = 0.2
"""Who comes to the matter names it early."""
_MOST_CHARACTERS = 100
"""Of a title that names two."""
_SECOND = 0.6
"""A title names a second phrase that has so much of the first one's score."""


def keywords(texts: Sequence[Weighed], embed: Embed | None, most: int) -> tuple[Keyword, ...]:
    """Return the phrases that tell best what the texts are about, the best first, scores 0..1.

    Frequency, length and place as in YAKE (Campos et al., 2020), nearness to what is said and variety
    as in KeyBERT (Grootendorst, 2020). Without `embed` frequency, length and place alone count.
    """
    found = _candidates(texts)
    scores = np.array([phrases.worth(one) * (1 - _EARLY * one.place) for one in found])
    vectors = embed([one.text for one in found]) if embed and found else None
    if embed and vectors is not None:
        scores *= _AS_WRITTEN + _near(vectors, embed([one.text for one in texts]))
    chosen = phrases.choose(found, scores, vectors, most)
    chosen.sort(key=lambda pair: -pair[1])
    return tuple(Keyword(one.text, round(score / chosen[0][1], 3)) for one, score in chosen)


def titles(parts: Sequence[Sequence[Weighed]], embed: Embed | None) -> tuple[str, ...]:
    """Return for each part what sets it apart from the others, in its own words; may be empty.

    Phrases are weighed by class-based TF-IDF (Grootendorst, 2022) and nearness to the part's sentences.
    """
    found = [_candidates(part) for part in parts]
    everywhere: dict[phrases.Key, float] = {}
    for one in (one for part in found for one in part):
        everywhere[one.key] = everywhere.get(one.key, 0.0) + one.count
    usual = sum(everywhere.values()) / max(len(parts), 1)
    return tuple(
        _title(own, part, everywhere, usual, embed) for own, part in zip(found, parts, strict=True)
    )


def _title(
    found: Sequence[Phrase],
    texts: Sequence[Weighed],
    everywhere: dict[phrases.Key, float],
    usual: float,
    embed: Embed | None,
) -> str:
    apart = [np.log1p(usual / everywhere[one.key]) for one in found]
    scores = np.array([phrases.worth(one) for one in found]) * np.array(apart)
    vectors = embed([one.text for one in found]) if embed and found else None
    if embed and vectors is not None:
        scores *= _AS_WRITTEN + _near(vectors, embed([one.text for one in texts]))
    chosen = phrases.choose(found, scores, vectors, 2)
    if not chosen:
        return ""
    named = [one.text for one, score in chosen if score >= _SECOND * chosen[0][1]]
    title = ", ".join(named)
    title = title if len(title) <= _MOST_CHARACTERS else named[0]
    return title[0].upper() + title[1:]


def _candidates(texts: Sequence[Weighed]) -> list[Phrase]:
    found = phrases.phrases(texts)
    return sorted(found, key=lambda one: (-phrases.worth(one), one.place))[:_MOST_CANDIDATES]


def _near(vectors: Vectors, texts: Vectors) -> npt.NDArray[np.float64]:
    """Return how near each phrase is to the texts that are nearest to it, 0..1.

    To their mean it would be nearest where they speak of one matter alone.
    """
    alike = np.clip(vectors @ texts.T, 0, 1)
    nearest = min(_NEAREST, len(texts))
    return np.asarray(np.partition(alike, -nearest, axis=1)[:, -nearest:].mean(axis=1), float)
