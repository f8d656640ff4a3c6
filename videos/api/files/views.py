"""The files of a video."""

import hashlib
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline import store
from videos import selectors, services
from videos.api.base import FileApiView
from videos.api.files.ranges import file_response
from videos.api.schema import problems
from videos.models import Rendition
from videos.selectors import StoredFile

RANGE = OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="`bytes=0-1023`")
_ELSEWHERE = {
    302: OpenApiResponse(
        None, "Where files are kept in a bucket: `Location` gives it, without a token, for a while."
    )
}
_PART = "The part that `Range` names, of what is played at most 2 MiB of it."
WHOLE_OR_PART = (
    {
        (status, media_type): OpenApiResponse(OpenApiTypes.BINARY, description)
        for status, description in ((200, "The file."), (206, _PART))
        for media_type in ("video/*", "audio/*", "application/octet-stream")
    }
    | {
        304: OpenApiResponse(None, "It has not changed since `If-None-Match`."),
    }
    | _ELSEWHERE
)
# Players go on asking at the address that they were sent to: this long, and twice the duration.
_PLAYING_S = 3600
_PENDING = {"code": "proxy_pending", "detail": "A version that browsers can play is being made."}


class PendingSerializer(serializers.Serializer[None]):
    code = serializers.CharField()
    detail = serializers.CharField()


class MediaQuery(serializers.Serializer[None]):
    original = serializers.BooleanField(
        default=False, help_text="The file as it was uploaded, to keep."
    )


class MediaView(FileApiView):
    """What a player loads."""

    @extend_schema(
        operation_id="get_media",
        summary="Play a video",
        parameters=[MediaQuery, RANGE],
        responses=WHOLE_OR_PART
        | {
            202: OpenApiResponse(
                PendingSerializer,
                "Ask again after `Retry-After` seconds.",
                examples=[OpenApiExample("proxy_pending", _PENDING)],
            )
        }
        | problems(416, 503),
    )
    def get(self, request: Request, video_id: UUID) -> HttpResponseBase:
        """The original where browsers can play it, else an H.264 version, made when asked for."""
        video = self.video(video_id)
        if self.checked(MediaQuery, request.query_params.dict())["original"]:
            return send(request, selectors.original(video), attachment=True)
        if file := selectors.playable(video):
            return send(request, file, expires_s=_PLAYING_S + video.media.duration_ms // 500)
        services.proxy_request(video=video, user=self.user)
        return Response(_PENDING, status=202, headers={"Retry-After": "3"})


class RenditionView(FileApiView):
    """A file made for people."""

    kind: Rendition.Kind

    def get(self, request: Request, video_id: UUID) -> HttpResponseBase:
        file = selectors.rendition(self.video(video_id), self.kind)
        return send(request, file, max_age_s=60)


@extend_schema_view(
    get=extend_schema(
        operation_id="get_poster",
        summary="Get the poster",
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY} | _ELSEWHERE,
    )
)
class PosterView(RenditionView):
    """A picture that stands for the video."""

    kind = Rendition.Kind.POSTER


@extend_schema_view(
    get=extend_schema(
        operation_id="get_storyboard",
        summary="Get the storyboard",
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY} | _ELSEWHERE,
    )
)
class StoryboardView(RenditionView):
    """Small pictures from start to end on one sheet."""

    kind = Rendition.Kind.STORYBOARD


@extend_schema_view(
    get=extend_schema(
        operation_id="get_storyboard_times",
        summary="Get the storyboard's times",
        responses={(200, "text/vtt"): OpenApiTypes.STR} | problems(503),
    )
)
class StoryboardTimesView(RenditionView):
    """WebVTT that says which picture of the sheet belongs to which span."""

    kind = Rendition.Kind.STORYBOARD_VTT


class KeyframeView(FileApiView):
    """The picture that stands for a shot."""

    @extend_schema(
        operation_id="get_keyframe",
        summary="Get a shot's keyframe",
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY} | _ELSEWHERE,
    )
    def get(self, request: Request, video_id: UUID, index: int) -> HttpResponseBase:
        """A JPEG, upright."""
        shot = selectors.shot_list(video=self.video(video_id)).get(index=index)
        file = StoredFile(store.absolute(shot.keyframe), "image/jpeg", f"shot-{index}.jpg")
        return send(request, file, max_age_s=60)


def send(
    request: Request,
    file: StoredFile | None,
    *,
    attachment: bool = False,
    max_age_s: int = 3600,
    expires_s: int = 900,
) -> HttpResponseBase:
    """Answer the file, or for `expires_s` seconds the address at which the client gets it."""
    if file is None:
        raise Http404
    url = store.url(
        file.path,
        method=str(request.method),
        content_type=file.content_type,
        disposition=content_disposition_header(attachment, file.filename) or "inline",
        expires_s=expires_s,
    )
    try:
        if url is None:
            return file_response(request, file, attachment=attachment, max_age_s=max_age_s)
        if file.content_type == "text/vtt":
            return _text(request, file, max_age_s)
    except FileNotFoundError:
        raise Http404 from None
    # Whoever comes back to a redirection that it kept still has half of the address's time.
    kept_s = min(max_age_s, expires_s // 2)
    return HttpResponseRedirect(url, headers={"Cache-Control": f"private, max-age={kept_s}"})


def _text(request: Request, file: StoredFile, max_age_s: int) -> HttpResponseBase:
    """Answer a text from here: a page may load tracks only from where it came from itself."""
    data = store.read(file.path)
    headers = {"Cache-Control": f"private, max-age={max_age_s}"}
    response = HttpResponse(data, content_type=file.content_type, headers=headers)
    response["ETag"] = etag = quote_etag(hashlib.sha256(data).hexdigest())
    return get_conditional_response(request, etag=etag, response=response) or response
