"""What in a video may answer a question."""

import json
import re
from collections.abc import Iterable
from functools import reduce
from operator import mul, or_

from django.conf import settings
from django.db.models import Q

from pipeline.embedding import embed
from pipeline.llm.evidence import Evidence
from pipeline.media import trust
from videos.models import Cue, Passage, Video
from videos.selectors.search import Hit, Scope, search

_MOST_HITS = 8
# Small models lose their way among more.
_MOST_LINES = 16
_MOST_WORDS = 30
# What is said around a hit belongs to it: a sentence spans cues, and so does an answer.
_AROUND_MS = 8000

_WORD = re.compile(r"[^\W_]+")


def evidence_list(*, video: Video, question: str) -> list[Evidence]:
    """Return moments that have to do with the question, the most telling first; often none.

    Any of its words may lead there, or its meaning. What is said just before and after comes along,
    as far as there is room.
    """
    scope = Scope(workspace_id=video.workspace_id, video_id=video.id)
    hits = search(words=_any_of(question), scope=scope, limit=_MOST_HITS).hits
    spoken = _around(video, [hit for hit in hits if hit.kind == Passage.Kind.CUE])
    within, around = [], []
    for hit in hits:
        beside = _near(spoken, hit) if hit.kind == Passage.Kind.CUE else []
        own = [one for one in beside if one.start_ms < hit.end_ms and one.end_ms > hit.start_ms]
        within += own or [Evidence(hit.start_ms, hit.end_ms, hit.text, hit.kind)]
        around += [one for one in beside if one not in own]
    return list(dict.fromkeys(within + around))[:_MOST_LINES]


def nearness(one: str, other: str) -> float:
    """Return how near two texts are in meaning: their cosine, -1..1. Raises `NoVector`."""
    vectors = (json.loads(embed(text, settings.MODELS_DIR).vector) for text in (one, other))
    return float(sum(map(mul, *vectors)))


def _any_of(question: str) -> str:
    """Return the question as a search for any of its words; quotes and signs mean nothing here."""
    words = dict.fromkeys(_WORD.findall(question))
    # "or" is a word of the search's own.
    return " or ".join([word for word in words if word.lower() != "or"][:_MOST_WORDS])


def _around(video: Video, hits: Iterable[Hit]) -> list[Evidence]:
    """Return the cues at and around the hits, in one query."""
    spans = [
        Q(start_ms__lt=hit.end_ms + _AROUND_MS, end_ms__gt=hit.start_ms - _AROUND_MS)
        for hit in hits
    ]
    if not spans:
        return []
    cues = Cue.objects.filter(reduce(or_, spans), video=video).order_by("start_ms", "id")
    return [
        Evidence(
            cue.start_ms,
            cue.end_ms,
            cue.text.replace("\n", " "),
            Passage.Kind.CUE,
            doubtful=trust.weight(cue.flags) < 1,
        )
        for cue in cues.only("start_ms", "end_ms", "text", "flags")
    ]


def _near(cues: Iterable[Evidence], hit: Hit) -> list[Evidence]:
    """Return the cues around the hit, the nearest first."""
    near = [
        cue
        for cue in cues
        if cue.start_ms < hit.end_ms + _AROUND_MS and cue.end_ms > hit.start_ms - _AROUND_MS
    ]
    return sorted(near, key=lambda cue: abs(cue.start_ms - hit.start_ms))
