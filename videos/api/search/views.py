"""Finding moments by what is said or shown in them."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from videos import selectors
from videos.api.base import ApiView
from videos.api.search import documents
from videos.api.search.serializers import (
    ResultsSerializer,
    SearchQuery,
    SimilarQuery,
    SimilarSerializer,
)
from videos.selectors import Scope


class SearchView(ApiView):
    @extend_schema(
        operation_id="search",
        summary="Search speech, screen text, chapters and labels",
        parameters=[SearchQuery],
        responses=ResultsSerializer,
    )
    def get(self, request: Request) -> Response:
        """The best moments first: those that have the words, and those that mean the same.

        Words match in all their forms, by each language's own rules; a mistyped word finds what
        was meant. Meaning is that of English.
        """
        query = self.checked(SearchQuery, request.query_params.dict())
        found = selectors.search(
            words=query["q"],
            scope=Scope(
                workspace_id=self.workspace.id,
                kinds=query.get("kinds"),
                video_id=query.get("video"),
                language=query.get("language"),
                label=query.get("label"),
                from_ms=query.get("from_ms"),
                to_ms=query.get("to_ms"),
                created_after=query.get("created_after"),
                created_before=query.get("created_before"),
            ),
            limit=query["limit"],
            by=query["by"],
            by_video="group" in query,
            with_facets=query["facets"],
        )
        return Response(documents.found(found, {"request": request}))


class SimilarView(ApiView):
    @extend_schema(
        operation_id="list_similar",
        summary="List similar moments",
        parameters=[SimilarQuery],
        responses=SimilarSerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Moments of all videos that are most like a span of this one in what is said and shown.

        Empty where nothing is said or shown then, or its meaning was not computed.
        """
        video = self.video(video_id)
        query = self.checked(SimilarQuery, request.query_params.dict())
        hits = selectors.similar(
            video_id=video.id,
            start_ms=query["start_ms"],
            end_ms=query["end_ms"],
            scope=Scope(workspace_id=self.workspace.id, kinds=query.get("kinds")),
            limit=query["limit"],
        )
        return Response(documents.similar(hits, {"request": request}))
