"""Asking for a copy, following it, fetching it, deleting it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline.database import one_moment
from videos import selectors, services
from videos.api.base import ApiView, FileApiView
from videos.api.errors import RenditionNotReady
from videos.api.files.views import RANGE, WHOLE_OR_PART, send
from videos.api.idempotency import IdempotentView
from videos.api.renditions.serializers import RenditionInput, RenditionSerializer
from videos.api.schema import problems
from videos.models import Rendition, Video


class RenditionsView(IdempotentView, GenericAPIView[Rendition]):
    """What was asked for of a video."""

    serializer_class = RenditionSerializer
    ordering_fields = ["created_at"]
    queryset = Rendition.objects.none()

    @extend_schema(
        operation_id="list_renditions",
        summary="List renditions",
        responses=RenditionSerializer(many=True),
    )
    @one_moment()
    def get(self, request: Request, video_id: UUID) -> Response:
        """Those made on request, the newest first: redacted copies, and the one for browsers."""
        page = self.paginate_queryset(selectors.rendition_list(video=self.video(video_id)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="create_rendition",
        summary="Ask for a redacted copy",
        request=RenditionInput,
        responses={200: RenditionSerializer, 202: RenditionSerializer} | problems(409, 503, 507),
    )
    def post(self, request: Request, video_id: UUID) -> Response:
        """Has a copy made in which faces are blurred and cues not heard; the answer waits not.

        Where the same was asked for before, that is the answer: with 200 once it is ready. What
        failed is begun anew.
        """
        video = self.video(video_id)
        values = self.checked(RenditionInput, request.data)
        matters = values | {"mute": sorted(map(str, values["mute"]))}
        return self.once(request, matters, lambda: self._request(video, values))

    def _request(self, video: Video, values: dict[str, Any]) -> Response:
        asked = {name: values[name] for name in ("faces", "mute", "beep")}
        made = services.redaction_request(video=video, user=self.user, **asked)
        shown = selectors.rendition_get(video=video, rendition_id=made.id)
        output = self.get_serializer(shown).data
        status = 200 if shown.path else 202
        return Response(output, status=status, headers={"Location": output["url"]})


class RenditionView(ApiView, GenericAPIView[Rendition]):
    """One rendition."""

    serializer_class = RenditionSerializer

    @extend_schema(operation_id="get_rendition", summary="Get a rendition")
    def get(self, request: Request, video_id: UUID, rendition_id: UUID) -> Response:
        """How far it is, and where its file is."""
        return Response(self.get_serializer(self._rendition(video_id, rendition_id)).data)

    @extend_schema(
        operation_id="delete_rendition", summary="Delete a rendition", responses={204: None}
    )
    def delete(self, request: Request, video_id: UUID, rendition_id: UUID) -> Response:
        """Removes it and its file; one that is being made is made no further."""
        services.rendition_delete(rendition=self._rendition(video_id, rendition_id))
        return Response(status=204)

    def _rendition(self, video_id: UUID, rendition_id: UUID) -> Rendition:
        return selectors.rendition_get(video=self.video(video_id), rendition_id=rendition_id)


class RenditionFileView(FileApiView):
    """A rendition's bytes."""

    @extend_schema(
        operation_id="get_rendition_file",
        summary="Download a rendition",
        parameters=[RANGE],
        responses=WHOLE_OR_PART | problems(409, 416, 503),
    )
    def get(self, request: Request, video_id: UUID, rendition_id: UUID) -> HttpResponseBase:
        """The file, to keep; players may play it too."""
        video = self.video(video_id)
        rendition = selectors.rendition_get(video=video, rendition_id=rendition_id)
        if not rendition.path:
            raise RenditionNotReady("There is no file yet. Ask again once its status is ready.")
        return send(request, selectors.rendition_file(rendition, video), attachment=True)
