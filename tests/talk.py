"""Talks made up of sentences, for tests and eval of what is understood."""

import random
import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from pipeline.results import Cue, Word

TOPICS: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parents[1] / "eval" / "topics.toml").read_text()
)
"""Language → topic → its sentences, and the keywords that a reader would name."""


def sentences_of(language: str, *topics: str) -> list[str]:
    """Return the sentences of some topics, one topic after another."""
    return [text for topic in topics for text in TOPICS[language][topic]["sentences"]]


def spoken(
    sentences: Sequence[str],
    *,
    seed: int = 0,
    pauses_before: Collection[int] = (),
    with_words: bool = True,
    flags: tuple[str, ...] = (),
) -> tuple[Cue, ...]:
    """Return a cue a sentence, said at some 150 words a minute, with breaths between them.

    Before the sentences at `pauses_before` the speaker pauses for longer.
    """
    chance = random.Random(seed)
    at_ms, cues = 300, []
    for place, sentence in enumerate(sentences):
        at_ms += chance.randint(900, 1600) if place in pauses_before else chance.randint(150, 600)
        words = []
        for text in sentence.split():
            words.append(Word(at_ms, at_ms + 80 + 55 * len(text), text, 0.9))
            at_ms = words[-1].end_ms + 20
        span = words[0].start_ms, words[-1].end_ms
        cues.append(Cue(*span, sentence, 0.9, tuple(words) if with_words else (), flags))
    return tuple(cues)
