"""Finding moments by their words and by their meaning: bounded work whatever is asked."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db import transaction

from pipeline.embedding import NoVector, embed
from pipeline.messages import Embedded
from videos.selectors.search.corrections import corrected
from videos.selectors.search.facets import Facet, Facets, VideoFacet, facets_of
from videos.selectors.search.fusion import By, Candidate, Ranked, fused
from videos.selectors.search.hits import Hit, shown
from videos.selectors.search.lexical import RANKED, by_words, configs_of
from videos.selectors.search.scope import Scope
from videos.selectors.search.semantic import by_meaning, meaning_of
from videos.selectors.search.words import Query, parse

__all__ = [
    "By",
    "Facet",
    "Facets",
    "Found",
    "Hit",
    "NoVector",
    "Scope",
    "VideoFacet",
    "VideoHits",
    "search",
    "similar",
]

_LISTED = 200
"""Of each list so many are fused: more than anybody is shown."""
_NEIGHBOURS = 50
_MOMENTS_OF_A_VIDEO = 3


@dataclass(frozen=True)
class VideoHits:
    """A video with its best moments."""

    hits: list[Hit]
    found: int
    """How many moments of it were found."""

    @property
    def best(self) -> Hit:
        return self.hits[0]


@dataclass(frozen=True)
class Found:
    """What a search found."""

    hits: list[Hit]
    searched_by: tuple[By, ...]
    corrected: str = ""
    """What was searched for instead; empty: what was asked."""
    no_vector: NoVector | None = None
    """Why nothing was searched by its meaning, though that was asked."""
    too_short: str = ""
    """A beginning of so few letters that it is searched as a word, where nothing was found."""
    videos: list[VideoHits] | None = None
    """The hits by video, if asked."""
    facets: Facets | None = None
    """If asked."""


def search(
    *,
    words: str,
    scope: Scope,
    limit: int = 20,
    by: Collection[By] = ("lexical", "semantic"),
    by_video: bool = False,
    with_facets: bool = False,
) -> Found:
    """Return the best moments for `words`, as `words.parse` reads them, best first.

    Where no passage has them, mistyped ones are set right. Without a model to embed `words`, they
    are found by their words alone.
    """
    query = parse(words)
    if not query.groups:
        return Found([], searched_by=())
    too_short = query.too_short
    lists: dict[By, list[Candidate]] = {}
    most = RANKED if with_facets or query.binding else _LISTED
    correction = ""
    # Another process embeds what this one asks for, while the database looks for the words.
    with ThreadPoolExecutor(1) as aside, transaction.atomic():
        embedding = aside.submit(_embedded, query if "semantic" in by else Query(()))
        configs = configs_of(scope.workspace_id)
        if "lexical" in by:
            lists["lexical"] = by_words(scope, query, configs, most)
            if not lists["lexical"]:
                embedded, _ = embedding.result()
                known = embedded.known if embedded else ()
                better = corrected(scope.workspace_id, query, known)
                again = aside.submit(_embedded, better if embedded and better else Query(()))
                if better and (found := by_words(scope, better, configs, most)):
                    query, correction, lists["lexical"] = better, better.written, found
                    embedding = again if again.result()[0] else embedding
        embedded, no_vector = embedding.result()
        if embedded:
            lists["semantic"] = by_meaning(
                scope,
                query,
                configs,
                embedded.vector,
                max(_NEIGHBOURS, limit),
                lists.get("lexical"),
            )
        ranked = fused({name: found[:_LISTED] for name, found in lists.items()})
        return Found(
            hits=[] if by_video else shown(ranked[:limit], query),
            searched_by=tuple(lists),
            corrected=correction,
            no_vector=no_vector,
            too_short="" if ranked else too_short,
            videos=_by_video(ranked, query, limit) if by_video else None,
            facets=facets_of(_all_of(lists)) if with_facets else None,
        )


def similar(*, video_id: UUID, start_ms: int, end_ms: int, scope: Scope, limit: int) -> list[Hit]:
    """Return the moments most like a span of a video in what is said and shown, elsewhere."""
    with transaction.atomic():
        vector = meaning_of(video_id, start_ms, end_ms)
        if vector is None:
            return []
        configs = configs_of(scope.workspace_id)
        elsewhere = replace(scope, outside=(video_id, start_ms, end_ms))
        near = by_meaning(elsewhere, Query(()), configs, vector, limit)
        return shown(fused({"semantic": near}), Query(()))


def _embedded(query: Query) -> tuple[Embedded | None, NoVector | None]:
    """Return the query's vector, or why there is none; neither where it says only what not to find."""
    if not query.meaning:
        return None, None
    try:
        return embed(query.meaning, settings.MODELS_DIR), None
    except NoVector as why:
        return None, why


def _by_video(ranked: Sequence[Ranked], query: Query, limit: int) -> list[VideoHits]:
    """Return the best videos, each with its best moments, in the order of those."""
    of_video: dict[UUID, list[Ranked]] = {}
    for one in ranked:
        of_video.setdefault(one.candidate.video_id, []).append(one)
    chosen = list(of_video.items())[:limit]
    best = [one for _, moments in chosen for one in moments[:_MOMENTS_OF_A_VIDEO]]
    hits: dict[UUID, list[Hit]] = {}
    for hit in shown(best, query):
        hits.setdefault(hit.video_id, []).append(hit)
    return [VideoHits(hits[video], len(moments)) for video, moments in chosen if video in hits]


def _all_of(lists: dict[By, list[Candidate]]) -> list[Candidate]:
    return list(
        {candidate.id: candidate for found in lists.values() for candidate in found}.values()
    )
