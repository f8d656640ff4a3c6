"""What searches answer, for the API and for commands."""

from typing import Any

from videos.api.search.serializers import HitSerializer, ResultsSerializer
from videos.selectors import Found, Hit


def found(answer: Found, context: dict[str, Any]) -> dict[str, Any]:
    """Return what a search answers; `context` has the request, for whole addresses."""
    document: dict[str, Any] = ResultsSerializer(answer, context=context).data
    return document


def similar(hits: list[Hit], context: dict[str, Any]) -> dict[str, Any]:
    """Return what a search for similar moments answers."""
    return {"results": HitSerializer(hits, many=True, context=context).data}
