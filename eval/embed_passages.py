"""Whether a search finds what answers it first: by words, by meaning, and by both fused.

nDCG@10 (Järvelin and Kekäläinen, 2002) over searches that we judged, in a database of its own.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from eval.cases import Case, Recipe, Truth
from eval.running import Done, empty_database
from eval.scores import Tally
from pipeline.results import Cue, Media, Transcript, Vectors
from tests import talk

if TYPE_CHECKING:
    from videos.selectors.search import By, Scope

TRUTH = "searches"
_JUDGED: dict[str, dict[str, dict[str, int]]] = tomllib.loads(
    (Path(__file__).parent / "searches.toml").read_text()
)
_APART_MS = 10_000
"""So far apart each sentence is a passage of its own."""
_FIRST = 10


def _talk(judged: str, path: Path) -> Truth:
    topics = talk.TOPICS["en"]
    texts = {
        f"{topic}.{n}": text
        for topic, said in topics.items()
        for n, text in enumerate(said["sentences"])
    }
    cues = [
        Cue(n * _APART_MS, n * _APART_MS + 5000, text, 0.9, ())
        for n, text in enumerate(texts.values())
    ]
    path.write_bytes(msgspec.json.encode(cues))
    return {
        TRUTH: {
            words: {texts[place]: grade for place, grade in grades.items()}
            for words, grades in _JUDGED[judged].items()
        }
    }


RECIPES: Mapping[str, Recipe] = {
    f"{judged}.cues": partial(_talk, judged) for judged in ("known", "held_out")
}


def given(case: Case) -> dict[type, Any]:
    """Return what the case has instead of a video."""
    cues = msgspec.json.decode(case.path.read_bytes(), type=tuple[Cue, ...])
    return {
        Transcript: Transcript("en", None, cues, ""),
        Media: Media(cues[-1].end_ms + 500, "", 0, 0, None, ()),
    }


def looked(done: Done) -> None:
    """All words are read."""


def score(case: Case, done: Done) -> Tally:
    """Return the mean nDCG@10 of each way to search."""
    from videos.selectors.search import search

    ways: dict[str, Sequence[By]] = {
        "lexical": ["lexical"],
        "semantic": ["semantic"],
        "fused": ["lexical", "semantic"],
    }
    searches = case.truth[TRUTH]
    sums = dict.fromkeys(ways, 0.0)
    with _stored(done) as scope:
        for words, grades in searches.items():
            for way, by in ways.items():
                hits = search(words=words, scope=scope, by=by, limit=_FIRST).hits
                sums[way] += _ndcg([grades.get(hit.text, 0) for hit in hits], grades.values())
    return Tally(also={f"nDCG@10 {way}": (total, len(searches)) for way, total in sums.items()})


def _ndcg(found: Sequence[int], there: Iterable[int]) -> float:
    ideal = sorted(there, reverse=True)[:_FIRST]
    return _gain(found) / _gain(ideal)


def _gain(grades: Sequence[int]) -> float:
    return sum(((1 << grade) - 1) / log2(place + 2) for place, grade in enumerate(grades))


@contextmanager
def _stored(done: Done) -> "Iterator[Scope]":
    """Have a database with the talk's passages and their vectors."""
    from pipeline.writers import write
    from tests import factories
    from videos.selectors.search import Scope

    with empty_database():
        run = factories.make_run(factories.make_video())
        for stage, kind in (("transcribe", Transcript), ("embed_passages", Vectors)):
            write(factories.make_stage_run(run, stage), done[kind].result)
        yield Scope(run.video.workspace_id)
