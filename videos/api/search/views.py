"""Finding moments by what is said or shown in them."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from videos import selectors
from videos.api.base import ApiView
from videos.api.search.serializers import HitSerializer, ResultsSerializer, SearchQuery


class SearchView(ApiView):
    @extend_schema(
        operation_id="search",
        summary="Search speech and screen text",
        parameters=[SearchQuery],
        responses=ResultsSerializer,
    )
    def get(self, request: Request) -> Response:
        """The best moments first. Words match in all their forms, by each language's own rules."""
        query = self.checked(SearchQuery, request.query_params.dict())
        hits = selectors.search(
            workspace=self.workspace,
            words=query["q"],
            kinds=query.get("kinds"),
            video_id=query.get("video"),
            language=query.get("language"),
            limit=query["limit"],
        )
        results = HitSerializer(hits, many=True, context={"request": request}).data
        return Response({"results": results})
