"""What is said in a video: as it was heard, or as somebody has written it down."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from videos import services
from videos.api.findings import documents
from videos.api.findings.serializers import SpanQuery, TranscriptSerializer
from videos.api.findings.views import FindingsView
from videos.api.parsers import JSONParser
from videos.api.schema import problems
from videos.api.transcript.inputs import (
    KeptInMemory,
    LanguageQuery,
    SubRipParser,
    SubtitleFileInput,
    SubtitleTrackInput,
    WebVttParser,
)
from videos.api.videos.serializers import VideoSerializer
from videos.api.videos.uploads import announced_bytes, keep_unread
from videos.models import TranscriptImport


class TranscriptView(FindingsView):
    """The transcript of a video."""

    parser_classes = [MultiPartParser, JSONParser, WebVttParser, SubRipParser]
    document = staticmethod(documents.transcript)

    @extend_schema(
        operation_id="get_transcript",
        summary="Get the transcript",
        parameters=[SpanQuery],
        responses=TranscriptSerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Cues with their words; none where nothing was said. Imported ones have no words."""
        return super().get(request, video_id)

    @extend_schema(
        operation_id="import_transcript",
        summary="Import a transcript",
        parameters=[LanguageQuery],
        request={
            "multipart/form-data": SubtitleFileInput,
            "application/json": SubtitleTrackInput,
            "text/vtt": OpenApiTypes.STR,
            "application/x-subrip": OpenApiTypes.STR,
        },
        responses={200: VideoSerializer, 202: VideoSerializer} | problems(409, 411),
    )
    def put(self, request: Request, video_id: UUID) -> Response:
        """Takes subtitles, or a track of the video's own file, for its transcript from now on.

        Another analysis reads them and does again what depends on a transcript; no later one
        replaces them. The same again changes nothing: 200.
        """
        video = self.video(video_id)
        if announced_bytes(request) > services.MAX_SUBTITLES_BYTES:
            raise services.SubtitlesTooLarge
        is_new = services.transcript_import(video=video, user=self.user, **self._brought(request))
        return self._answer(video_id, 202 if is_new else 200)

    @extend_schema(
        operation_id="forget_transcript",
        summary="Go back to what is heard",
        responses={202: VideoSerializer} | problems(409),
    )
    def delete(self, request: Request, video_id: UUID) -> Response:
        """Forgets the imported transcript; another analysis hears what is said."""
        video = self.video(video_id)
        try:
            services.transcript_unimport(video=video, user=self.user)
        except TranscriptImport.DoesNotExist:
            raise NotFound("No transcript was imported for this video.") from None
        return self._answer(video_id, 202)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        keep_unread(request, KeptInMemory())
        return super().dispatch(request, *args, **kwargs)

    def _brought(self, request: Request) -> dict[str, Any]:
        """Return what the body says, as the service takes it."""
        body: Any = request.data
        kind = str(request.content_type)
        if kind.startswith("multipart/"):
            values = self.checked(SubtitleFileInput, body)
            sent = values.pop("file")
            return values | {"file": services.SubtitleFile(sent.name, sent.read())}
        if kind.startswith("application/json"):
            return self.checked(SubtitleTrackInput, body)
        # An empty body is not even parsed.
        file = body.get("file") or services.SubtitleFile("", b"")
        return self.checked(LanguageQuery, request.query_params.dict()) | {"file": file}

    def _answer(self, video_id: UUID, status: int) -> Response:
        context = {"request": self.request}
        return Response(VideoSerializer(self.video(video_id), context=context).data, status=status)
