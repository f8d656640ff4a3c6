"""Talks of several topics joined at random, given as transcripts: nothing is spoken aloud.

`topics.toml` has our own words on each. Prices of chapters were chosen on the first half of the
English topics; the others, and the other languages, are held out.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from eval.cases import Case, Recipe, Truth
from pipeline.results import Cue, Media, Transcript
from tests import talk

TRUTH = "talk"
_ENGLISH = list(talk.TOPICS["en"])
_KNOWN, _HELD_OUT = _ENGLISH[:6], _ENGLISH[6:]
_FEWEST = 4
"""Sentences of a topic: some last less than the 20 s that a chapter lasts at least."""
_CHATTER = {
    "en": [
        "So, where was I?",
        "All right, let's go on with that.",
        "You know what I mean, it is a bit like that.",
        "I had to laugh when I heard about it for the first time.",
        "By the way, thanks for all your comments.",
        "That is really something, isn't it?",
    ],
    "de": ["Also, wo war ich?", "Ja, genau, so ist das.", "Da musste ich erst einmal lachen."],
    "es": ["Bueno, ¿dónde estaba?", "Sí, así es, de verdad.", "La primera vez me dio mucha risa."],
}
"""Said now and then, on no matter at all."""
_CHATTERING = 0.2
_LINE = 9
"""Words of a cue where the engine hears no sentences."""


def given(case: Case) -> dict[type, Any]:
    """Return what the case has instead of a video."""
    return transcript(case, case.truth[TRUTH]["language"])


def transcript(case: Case, language: str) -> dict[type, Any]:
    """Return the case's cues as a transcript, and the media that it would be of."""
    cues = msgspec.json.decode(case.path.read_bytes(), type=tuple[Cue, ...])
    return {
        Transcript: Transcript(language, None, cues, ""),
        Media: Media(cues[-1].end_ms + 500, "", 0, 0, None, ()),
    }


def _join(
    language: str, topics: list[str], most: int, seed: int, path: Path, *, no_marks: bool = False
) -> Truth:
    """Write cues; the truth says with which sentence, and when, each topic begins.

    `no_marks`: in small letters and without marks, as some engines hear it.
    """
    chance = random.Random(seed)  # noqa: S311  no secret
    chosen = chance.sample(topics, min(most, len(topics)))
    sentences: list[str] = []
    begins = []
    for topic in chosen:
        said = talk.TOPICS[language][topic]["sentences"]
        count = chance.randint(_FEWEST, len(said))
        first = chance.randint(0, len(said) - count)
        begins.append(len(sentences))
        for sentence in said[first : first + count]:
            sentences.append(sentence)
            if chance.random() < _CHATTERING:
                sentences.append(chance.choice(_CHATTER[language]))
    # Every second speaker pauses between topics, no other does.
    cues = talk.spoken(sentences, seed=seed, pauses_before=begins if seed % 2 else ())
    path.write_bytes(msgspec.json.encode(_in_lines(bare(cues)) if no_marks else cues))
    told = [
        {"topic": topic, "sentence": place, "start_ms": cues[place].start_ms}
        for topic, place in zip(chosen, begins, strict=True)
    ]
    starts_ms = [cue.start_ms for cue in cues]
    return {TRUTH: {"language": language, "topics": told, "starts_ms": starts_ms}}


def bare(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """Return cues in small letters and without marks."""
    return tuple(
        replace(
            cue,
            text=_bare(cue.text),
            words=tuple(replace(word, text=_bare(word.text)) for word in cue.words),
        )
        for cue in cues
    )


def _bare(text: str) -> str:
    return "".join(c for c in text.lower() if c not in ".,?:;")


def _in_lines(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    words = [word for cue in cues for word in cue.words]
    lines = [tuple(words[i : i + _LINE]) for i in range(0, len(words), _LINE)]
    return tuple(
        Cue(line[0].start_ms, line[-1].end_ms, " ".join(word.text for word in line), 0.9, line)
        for line in lines
    )


RECIPES: Mapping[str, Recipe] = {
    **{f"english {n}.cues": partial(_join, "en", _HELD_OUT, 5, n) for n in range(1, 7)},
    **{
        f"english, no marks {n}.cues": partial(_join, "en", _HELD_OUT, 5, n, no_marks=True)
        for n in range(1, 3)
    },
    **{f"english, known {n}.cues": partial(_join, "en", _KNOWN, 5, n) for n in range(1, 3)},
    **{
        f"german {n}.cues": partial(_join, "de", list(talk.TOPICS["de"]), 4, n) for n in range(1, 3)
    },
    **{
        f"spanish {n}.cues": partial(_join, "es", list(talk.TOPICS["es"]), 4, n)
        for n in range(1, 3)
    },
}


def named(language: str, topic: str, text: str) -> int:
    """Return how many of the topic's keywords a text has."""
    words = text.casefold()
    return sum(
        any(word in words for word in keyword.split("|"))
        for keyword in talk.TOPICS[language][topic]["keywords"]
    )
