"""Names found at their places: a name counts with its words, its place and what it is called."""

import re
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from eval import talks
from eval.cases import Case, Truth
from eval.running import Done
from eval.scores import Tally
from pipeline.results import Entities
from tests import talk

TRUTH = "names"
_MARKED = re.compile(r"\[([^:\]]+):(\w+)\]")
_SENTENCES = tomllib.loads((Path(__file__).parent / "names.toml").read_text())["sentences"]


def looked(done: Done) -> None:
    """All words are read."""


def given(case: Case) -> dict[type, Any]:
    return talks.transcript(case, "en")


def score(case: Case, done: Done) -> Tally:
    """Count names; those of the right words but another kind are in "named"."""
    found = {
        (mention.spans[0].cue, mention.text.casefold(), mention.label)
        for mention in done[Entities].result.mentions
    }
    true = {(place, text.casefold(), label) for place, text, label in case.truth[TRUTH]}
    named = {one[:2] for one in found} & {one[:2] for one in true}
    right = len(found & true)
    return Tally(len(found), right, len(true), right, {"named": (len(named), len(true))})


def _spoken(path: Path, *, small: bool) -> Truth:
    """Write one cue a sentence; `small`: without capitals and marks."""
    plain = [_MARKED.sub(r"\1", sentence) for sentence in _SENTENCES]
    cues = talk.spoken(plain)
    path.write_bytes(msgspec.json.encode(talks.bare(cues) if small else cues))
    return {
        TRUTH: [
            (place, text, label)
            for place, sentence in enumerate(_SENTENCES)
            for text, label in _MARKED.findall(sentence)
        ]
    }


RECIPES = {
    "sentences.cues": partial(_spoken, small=False),
    "no marks.cues": partial(_spoken, small=True),
}
