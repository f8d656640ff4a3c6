"""Upload, list, change, delete, retry, cancel, reprocess."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline.database import one_moment
from videos import selectors, services
from videos.api.base import ApiView
from videos.api.idempotency import IdempotentView
from videos.api.parsers import JSONParser
from videos.api.places import place_for
from videos.api.schema import problems
from videos.api.videos.filters import VideoFilter
from videos.api.videos.inputs import ReprocessInput, VideoChanges, VideoInput, VideoSourceInput
from videos.api.videos.serializers import VideoSerializer
from videos.api.videos.stages import PreviewSerializer
from videos.api.videos.uploads import StreamToDisk, announced_bytes, keep_unread
from videos.models import Video


class VideosView(IdempotentView, GenericAPIView[Video]):
    """The videos of the workspace."""

    serializer_class = VideoSerializer
    parser_classes = [MultiPartParser, JSONParser]
    filter_backends = [DjangoFilterBackend]
    filterset_class = VideoFilter
    ordering_fields = ["created_at", "updated_at", "title", "priority"]
    queryset = Video.objects.none()

    @extend_schema(
        operation_id="list_videos", summary="List videos", responses=VideoSerializer(many=True)
    )
    @one_moment()
    def get(self, request: Request) -> Response:
        """The newest first, in pages."""
        videos = self.filter_queryset(selectors.video_list(workspace=self.workspace))
        page = self.paginate_queryset(videos)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="create_video",
        summary="Upload a video",
        request={"multipart/form-data": VideoInput, "application/json": VideoSourceInput},
        responses={200: VideoSerializer, 202: VideoSerializer} | problems(411, 413, 429, 503, 507),
    )
    def post(self, request: Request) -> Response:
        """Takes the file, or the address where it lies; the answer waits for neither.

        With `on_duplicate=return` the answer is 200 and a video that was there before, where one
        has the same bytes.
        """
        announced = announced_bytes(request)
        full = self.admit(announced)
        self._received.stores = full is None
        with place_for(announced):
            names_a_source = _names_a_source(request)
        if names_a_source:
            values = self.checked(VideoSourceInput, request.data)
            return self.once(request, values, lambda: self._fetch(values))
        values = self.checked(VideoInput, request.data)
        upload: services.StoredUpload = values.pop("file").stored
        matters = values | {"file": [upload.filename, upload.checksum_sha256]}
        return self.once(request, matters, lambda: self._create(upload, values, full))

    def _fetch(self, values: dict[str, Any]) -> Response:
        video = services.video_fetch(workspace=self.workspace, user=self.user, **values)
        return self._answer(video)

    def _create(
        self,
        upload: services.StoredUpload,
        values: dict[str, Any],
        full: services.StorageFull | None,
    ) -> Response:
        if full:  # its answer was forgotten while its body came
            raise full
        make = values | {"workspace": self.workspace, "upload": upload, "user": self.user}
        if make.pop("on_duplicate") == "create":
            return self._answer(services.video_create(**make))
        with transaction.atomic():  # nobody deletes it before its answer is made
            video, is_new = services.video_create_or_get(**make)
            return self._answer(video, is_new=is_new)

    def _answer(self, video: Video, *, is_new: bool = True) -> Response:
        shown = selectors.as_made(video) if is_new else self.video(video.id)
        output = self.get_serializer(shown).data
        status = 202 if is_new else 200
        return Response(output, status=status, headers={"Location": output["url"]})

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whatever happens, keep no part of an upload that no video took over."""
        self._received = received = StreamToDisk(settings.MAX_UPLOAD_BYTES)
        keep_unread(request, received)
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            received.discard()


def _names_a_source(request: Request) -> bool:
    """Read the body; tell whether it says where the video lies. JSON can do nothing else."""
    is_form = str(request.content_type).startswith("multipart/")
    return "source_url" in request.data if is_form else True


class VideoView(ApiView, GenericAPIView[Video]):
    """One video."""

    serializer_class = VideoSerializer

    @extend_schema(operation_id="get_video", summary="Get a video")
    def get(self, request: Request, video_id: UUID) -> Response:
        """Where its analysis stands, what the probe found, and where the rest is."""
        return Response(self.get_serializer(self.video(video_id)).data)

    @extend_schema(operation_id="update_video", summary="Change a video", request=VideoChanges)
    def patch(self, request: Request, video_id: UUID) -> Response:
        """Changes what is said of it; the metadata as a whole.

        A changed `language`, `vocabulary` or `audio_track` holds from the next analysis on: what was
        heard stays until `POST …/reprocess` with `{"stages": ["transcribe"]}`, which runs what the
        change bears on and all that depends on it. 400 `unknown_audio_track` once it is known that
        the file has no such track.
        """
        changes = self.checked(VideoChanges, request.data)
        services.video_update(video=self.video(video_id), changes=changes)
        return Response(self.get_serializer(self.video(video_id)).data)

    @extend_schema(operation_id="delete_video", summary="Delete a video", responses={204: None})
    def delete(self, request: Request, video_id: UUID) -> Response:
        """Removes the video, everything found in it, and its files."""
        services.video_delete(video=self.video(video_id))
        return Response(status=204)


class CancelView(ApiView, GenericAPIView[Video]):
    """The end of an analysis."""

    serializer_class = VideoSerializer

    @extend_schema(
        operation_id="cancel_video",
        summary="Cancel an analysis",
        request=None,
        responses={202: VideoSerializer} | problems(409),
    )
    def post(self, request: Request, video_id: UUID) -> Response:
        """Ends what waits at once and what runs within seconds; what was found is kept."""
        services.video_cancel(video=self.video(video_id))
        return Response(self.get_serializer(self.video(video_id)).data, status=202)


class RetryView(IdempotentView, GenericAPIView[Video]):
    """Another try."""

    serializer_class = VideoSerializer

    @extend_schema(
        operation_id="retry_video",
        summary="Retry a failed video",
        request=None,
        responses={202: VideoSerializer} | problems(409, 503),
    )
    def post(self, request: Request, video_id: UUID) -> Response:
        """Runs the failed stages and what depends on them again; results at hand are kept."""
        return self.once(request, None, lambda: self._retry(video_id))

    def _retry(self, video_id: UUID) -> Response:
        services.video_retry(video=self.video(video_id), user=self.user)
        return Response(self.get_serializer(self.video(video_id)).data, status=202)


class ReprocessView(IdempotentView, GenericAPIView[Video]):
    """Stages chosen to run again."""

    serializer_class = VideoSerializer

    @extend_schema(
        operation_id="reprocess_video",
        summary="Run stages again",
        request=ReprocessInput,
        responses={202: VideoSerializer, 200: PreviewSerializer} | problems(409, 503),
    )
    def post(self, request: Request, video_id: UUID) -> Response:
        """Runs the chosen stages, and what depends on them, again; keeps the other results.

        With `dry_run` nothing changes: the answer is 200 and tells what would run, and why.
        """
        video = self.video(video_id)
        values = self.checked(ReprocessInput, request.data)
        if values["dry_run"]:
            plan = services.video_reprocess_preview(video=video, stages=values["stages"])
            return Response(PreviewSerializer(plan).data)
        return self.once(request, values, lambda: self._reprocess(video, values["stages"]))

    def _reprocess(self, video: Video, stages: list[str]) -> Response:
        services.video_reprocess(video=video, stages=stages, user=self.user)
        return Response(self.get_serializer(self.video(video.id)).data, status=202)
