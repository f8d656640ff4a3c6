"""Reading what was found."""

import re
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline.database import one_moment
from pipeline.media.captions import Caption
from videos import selectors, subtitles
from videos.api.base import ApiView, DocumentView, FileApiView, described
from videos.api.findings import documents
from videos.api.findings.serializers import (
    CaptionsQuery,
    FacesSerializer,
    NuditySerializer,
    ObjectsSerializer,
    ShotsSerializer,
    SoundsSerializer,
    SpanQuery,
    TextsSerializer,
    TimelineQuery,
    TimelineSerializer,
    TracksQuery,
)
from videos.models import Video
from videos.names import display_name


class TimelineView(ApiView):
    @extend_schema(
        operation_id="get_timeline",
        summary="Get the timeline",
        parameters=[TimelineQuery],
        responses=TimelineSerializer,
    )
    @one_moment()
    def get(self, request: Request, video_id: UUID) -> Response:
        """Everything found, track by track; also while the analysis is under way."""
        span = self.checked(TimelineQuery, request.query_params.dict())
        kinds, boxes = span.pop("kinds"), span.pop("boxes")
        return Response(
            documents.timeline(self.video(video_id), kinds, span, boxes=boxes, request=request)
        )


class FindingsView(DocumentView):
    """Findings of one kind, of all the video or of a span."""

    query = SpanQuery


class CaptionsView(FileApiView):
    """The transcript as a file."""

    content_type: str
    suffix: str
    formatted: Callable[[Iterable[Caption]], str]

    @one_moment()
    def get(self, request: Request, video_id: UUID) -> HttpResponse:
        query = self.checked(CaptionsQuery, request.query_params.dict())
        video = self.video(video_id)
        captions = selectors.caption_list(
            video=video, with_flagged=query["flagged"] == CaptionsQuery.KEEP
        )
        return HttpResponse(
            self.formatted(captions),
            content_type=f"{self.content_type}; charset=utf-8",
            headers={
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-cache",
                **_named(video, self.suffix),
            },
        )


def _named(video: Video, suffix: str) -> dict[str, str]:
    """Return headers that tell the file's language and name: players find it beside `title.mp4`."""
    language = video.transcript.language if hasattr(video, "transcript") else ""
    title = display_name(re.sub(r"[/\\]", "-", video.title))  # no part of a path
    name = ".".join(filter(None, [title, language, suffix]))
    headers = {"Content-Disposition": content_disposition_header(False, name) or "inline"}
    return headers | ({"Content-Language": language} if language else {})


def _captions(name: str, content_type: str, title: str) -> Callable[[type[CaptionsView]], Any]:
    schema = extend_schema(
        operation_id=f"get_transcript_{name}",
        summary=f"Get the transcript as {title}",
        parameters=[CaptionsQuery],
        responses={(200, content_type): OpenApiTypes.STR},
    )
    return extend_schema_view(get=schema)


@_captions("vtt", "text/vtt", "WebVTT")
class VttView(CaptionsView):
    """For a player's `<track>`, by the rules of subtitling."""

    content_type, suffix = "text/vtt", "vtt"
    formatted = staticmethod(subtitles.to_vtt)


@_captions("srt", "application/x-subrip", "SubRip")
class SrtView(CaptionsView):
    """For players on the desktop, by the rules of subtitling."""

    content_type, suffix = "application/x-subrip", "srt"
    formatted = staticmethod(subtitles.to_srt)


@_captions("text", "text/plain", "plain text")
class TextView(CaptionsView):
    """The words alone."""

    content_type, suffix = "text/plain", "txt"
    formatted = staticmethod(subtitles.to_text)


@described("list_shots", "List shots", ShotsSerializer)
class ShotsView(FindingsView):
    """Pictures between two cuts, dissolves or fades, without gaps."""

    document = staticmethod(documents.shots)


@described("list_texts", "List screen texts", TextsSerializer)
class TextsView(FindingsView):
    """Text seen in the pictures: when and where."""

    document = staticmethod(documents.texts)


@described("list_objects", "List objects", ObjectsSerializer)
class ObjectsView(FindingsView):
    """Persons, animals and things, each followed through the pictures of a shot."""

    query = TracksQuery
    document = staticmethod(documents.objects)


@described("list_faces", "List faces", FacesSerializer)
class FacesView(FindingsView):
    """Faces, each followed within a shot, and how many are seen at once; not whose they are."""

    query = TracksQuery
    document = staticmethod(documents.faces)


@described("list_nudity", "List spans of nudity", NuditySerializer)
class NudityView(FindingsView):
    """Spans whose pictures score high, in order of time; a hint for people, no verdict."""

    document = staticmethod(documents.nudity)


@described("list_sounds", "List sound events", SoundsSerializer)
class SoundsView(FindingsView):
    """Speech, music, laughter, applause, alarms, sirens, shots, explosions, screams, glass."""

    document = staticmethod(documents.sounds)
