"""What in a video may answer a question."""

import re
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q

from pipeline.llm.evidence import Evidence
from pipeline.media import trust
from videos.models import Cue, Passage, Video
from videos.selectors.search import Hit, Scope, search

_MOST_HITS = 12
_MOST_WORDS = 30
# What is said around a hit belongs to it: a sentence spans cues, and so does an answer.
_AROUND_MS = 8000

_WORD = re.compile(r"[^\W_]+")


def evidence_list(*, video: Video, question: str) -> list[Evidence]:
    """Return moments that have to do with the question, the most telling first; often none.

    Any of its words may lead there, and what is said just before and after comes along.
    """
    scope = Scope(workspace_id=video.workspace_id, video_id=video.id)
    hits = search(words=_any_of(question), scope=scope, limit=_MOST_HITS).hits
    found: dict[tuple[int, int, str], Evidence] = {}
    cues = [hit for hit in hits if hit.kind == Passage.Kind.CUE]
    spoken = _around(video, cues)
    for hit in hits:
        beside = spoken if hit.kind == Passage.Kind.CUE else []
        near = _near(beside, hit) or [Evidence(hit.start_ms, hit.end_ms, hit.text, hit.kind)]
        for one in near:
            found.setdefault((one.start_ms, one.end_ms, one.kind), one)
    return list(found.values())


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
