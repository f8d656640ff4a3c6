"""What searches answer, for the API and for commands."""

from typing import Any

from videos.api.search.serializers import HitSerializer, ResultsSerializer, VideoResultsSerializer
from videos.selectors import Found, Hit


def found(answer: Found, context: dict[str, Any]) -> dict[str, Any]:
    """Return what a search answers; `context` has the request, for whole addresses."""
    kind = ResultsSerializer if answer.videos is None else VideoResultsSerializer
    document: dict[str, Any] = kind(answer, context=context).data
    return document


def similar(hits: list[Hit], context: dict[str, Any]) -> dict[str, Any]:
    """Return what a search for similar moments answers."""
    return {"results": HitSerializer(hits, many=True, context=context).data}
