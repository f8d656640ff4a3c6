"""Reading what was found."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from videos import selectors, subtitles
from videos.api.base import ApiView, FileApiView
from videos.api.findings import documents
from videos.api.findings.serializers import (
    FacesSerializer,
    NuditySerializer,
    ObjectsSerializer,
    ShotsSerializer,
    SpanQuery,
    TextsSerializer,
    TimelineQuery,
    TimelineSerializer,
    TracksQuery,
    TranscriptSerializer,
)


class TimelineView(ApiView):
    @extend_schema(
        operation_id="get_timeline",
        summary="Get the timeline",
        parameters=[TimelineQuery],
        responses=TimelineSerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Everything found, track by track; also while the analysis is under way."""
        span = self.checked(TimelineQuery, request.query_params.dict())
        kinds, boxes = span.pop("kinds"), span.pop("boxes")
        return Response(
            documents.timeline(self.video(video_id), kinds, span, boxes=boxes, request=request)
        )


class TranscriptView(ApiView):
    @extend_schema(
        operation_id="get_transcript",
        summary="Get the transcript",
        parameters=[SpanQuery],
        responses=TranscriptSerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Cues with their words; none where nothing was said."""
        span = self.checked(SpanQuery, request.query_params.dict())
        return Response(documents.transcript(self.video(video_id), span, request=request))


class CaptionsView(FileApiView):
    """The transcript as a file."""

    content_type: str
    formatted: Callable[[Iterable[subtitles.TimedText]], str]

    def get(self, request: Request, video_id: UUID) -> HttpResponse:
        cues = selectors.cue_list(video=self.video(video_id)).defer("words")
        return HttpResponse(
            self.formatted(cues),
            content_type=f"{self.content_type}; charset=utf-8",
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"},
        )


@extend_schema_view(
    get=extend_schema(
        operation_id="get_transcript_vtt",
        summary="Get the transcript as WebVTT",
        responses={(200, "text/vtt"): OpenApiTypes.STR},
    )
)
class VttView(CaptionsView):
    """For a player's `<track>`."""

    content_type = "text/vtt"
    formatted = staticmethod(subtitles.to_vtt)


@extend_schema_view(
    get=extend_schema(
        operation_id="get_transcript_srt",
        summary="Get the transcript as SubRip",
        responses={(200, "application/x-subrip"): OpenApiTypes.STR},
    )
)
class SrtView(CaptionsView):
    """For players on the desktop."""

    content_type = "application/x-subrip"
    formatted = staticmethod(subtitles.to_srt)


@extend_schema_view(
    get=extend_schema(
        operation_id="get_transcript_text",
        summary="Get the transcript as plain text",
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
)
class TextView(CaptionsView):
    """The words alone."""

    content_type = "text/plain"
    formatted = staticmethod(subtitles.to_text)


class ShotsView(ApiView):
    @extend_schema(
        operation_id="list_shots",
        summary="List shots",
        parameters=[SpanQuery],
        responses=ShotsSerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Pictures between two cuts, without gaps."""
        span = self.checked(SpanQuery, request.query_params.dict())
        return Response(documents.shots(self.video(video_id), span, request=request))


class TextsView(ApiView):
    @extend_schema(
        operation_id="list_texts",
        summary="List screen texts",
        parameters=[SpanQuery],
        responses=TextsSerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Text seen in the pictures: when and where."""
        span = self.checked(SpanQuery, request.query_params.dict())
        return Response(documents.texts(self.video(video_id), span))


class ObjectsView(ApiView):
    @extend_schema(
        operation_id="list_objects",
        summary="List objects",
        parameters=[TracksQuery],
        responses=ObjectsSerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Persons, animals and things, each followed through the pictures of a shot."""
        span = self.checked(TracksQuery, request.query_params.dict())
        boxes = span.pop("boxes")
        return Response(documents.objects(self.video(video_id), span, boxes=boxes))


class FacesView(ApiView):
    @extend_schema(
        operation_id="list_faces",
        summary="List faces",
        parameters=[TracksQuery],
        responses=FacesSerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Faces, each followed within a shot, and how many are seen at once; not whose they are."""
        span = self.checked(TracksQuery, request.query_params.dict())
        boxes = span.pop("boxes")
        return Response(documents.faces(self.video(video_id), span, boxes=boxes))


class NudityView(ApiView):
    @extend_schema(
        operation_id="list_nudity",
        summary="List spans of nudity",
        parameters=[SpanQuery],
        responses=NuditySerializer,
    )
    def get(self, request: Request, video_id: UUID) -> Response:
        """Spans whose pictures score high, in order of time; a hint for people, no verdict."""
        span = self.checked(SpanQuery, request.query_params.dict())
        return Response(documents.nudity(self.video(video_id), span))
