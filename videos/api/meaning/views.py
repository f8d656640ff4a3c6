"""Reading what was understood."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request

from pipeline.media.captions import Caption
from videos import selectors, subtitles
from videos.api.base import DocumentView, FileApiView, described
from videos.api.meaning import documents
from videos.api.meaning.serializers import (
    ChaptersSerializer,
    EntitiesSerializer,
    KeywordsSerializer,
    SummarySerializer,
)


@described("get_summary", "Get the summary", SummarySerializer)
class SummaryView(DocumentView):
    """A few sentences, each with its span; every chapter has its say.

    As they were said; in a language model's words where this server asks one, as `source` tells.
    """

    document = staticmethod(documents.summary)


@described("list_chapters", "List chapters", ChaptersSerializer)
class ChaptersView(DocumentView):
    """What is spoken of, part by part, without gaps; none where nobody speaks."""

    document = staticmethod(documents.chapters)


@described("list_keywords", "List keywords", KeywordsSerializer)
class KeywordsView(DocumentView):
    """Phrases that tell what the video is about, the best first; scores are of the best one."""

    document = staticmethod(documents.keywords)


@described("list_entities", "List named entities", EntitiesSerializer)
class EntitiesView(DocumentView):
    """Names that are said, the most frequent first, each with all its mentions; in English alone."""

    document = staticmethod(documents.entities)


@extend_schema_view(
    get=extend_schema(
        operation_id="get_chapters_vtt",
        summary="Get the chapters as WebVTT",
        responses={(200, "text/vtt"): OpenApiTypes.STR},
    )
)
class ChaptersVttView(FileApiView):
    """For a player's `<track kind="chapters">`."""

    def get(self, request: Request, video_id: UUID) -> HttpResponse:
        found = selectors.chapter_list(video=self.video(video_id)).prefetch_related(None)
        return HttpResponse(
            subtitles.to_vtt(Caption(one.start_ms, one.end_ms, one.shown_title) for one in found),
            content_type="text/vtt; charset=utf-8",
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"},
        )
