"""Reading which other videos show the same."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from videos.api.base import ApiView
from videos.api.duplicates import documents
from videos.api.duplicates.serializers import DuplicatesSerializer


class DuplicatesView(ApiView):
    @extend_schema(
        operation_id="list_duplicates",
        summary="List duplicates",
        responses=DuplicatesSerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Spans that other videos show as well, also re-encoded, rescaled, letterboxed or mirrored.

        `start_ms` to `end_ms` of this video equals `other_start_ms` to `other_end_ms` of `video`.
        The 200 longest, in order of time.
        """
        return Response(documents.duplicates(self.video(video_id)))
