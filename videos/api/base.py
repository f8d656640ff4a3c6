"""What all views share."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, NoReturn, cast
from uuid import UUID

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from pipeline.database import one_moment
from videos import selectors
from videos.models import Video, Workspace


class ApiView(APIView):
    """A view of one workspace."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    @cached_property
    def workspace(self) -> Workspace:
        return selectors.workspace_for(self.request.user)

    @property
    def user(self) -> User:
        """Who asks; nobody comes this far without having logged in."""
        return cast("User", self.request.user)

    def video(self, video_id: UUID) -> Video:
        """Return a video. Raises `Video.DoesNotExist`, also for another workspace's."""
        return selectors.video_get(workspace=self.workspace, video_id=video_id)

    def checked(self, serializer: type[Serializer[Any]], data: Any) -> dict[str, Any]:
        """Return the valid values in `data`. Raises `ValidationError`."""
        parsed = serializer(data=data)
        parsed.is_valid(raise_exception=True)
        values: dict[str, Any] = parsed.validated_data
        return values


class DocumentView(ApiView):
    """One document of a video."""

    query: type[Serializer[Any]] | None = None
    """What may be asked of it: a span, and `boxes`; None: nothing, it is of all the video."""
    document: Callable[..., dict[str, Any]]

    @one_moment()
    def get(self, request: Request, video_id: UUID) -> Response:
        if not self.query:
            return Response(self.document(self.video(video_id)))
        span = self.checked(self.query, request.query_params.dict())
        boxes = span.pop("boxes", "all")
        video = self.video(video_id)
        return Response(self.document(video, span, boxes=boxes, request=request))


def described(
    operation_id: str, summary: str, answer: type[Serializer[Any]]
) -> Callable[[type[DocumentView]], type[DocumentView]]:
    """Describe such a view in the API's document; the rest is in its docstring."""

    def with_schema(view: type[DocumentView]) -> type[DocumentView]:
        schema = extend_schema(
            operation_id=operation_id,
            summary=summary,
            parameters=[view.query] if view.query else [],
            responses=answer,
        )
        return extend_schema_view(get=schema)(view)

    return with_schema


class FileApiView(ApiView):
    """A view that answers a file, whatever type the client says it would like best."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type


class UnknownView(ApiView):
    """Any address under the API that is none."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        super().initial(request, *args, **kwargs)
        raise NotFound("There is nothing at this address.")
