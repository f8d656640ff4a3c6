"""Create, continue, look at and end resumable uploads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import http_date
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from videos import selectors, services
from videos.api.base import FileApiView
from videos.api.errors import UnknownTusVersion
from videos.api.idempotency import IdempotentView
from videos.api.places import place_for
from videos.api.uploads import documents, headers
from videos.api.uploads.body import RequestBody
from videos.models import Upload

VERSION = "1.0.0"
_EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "checksum",
    "expiration",
    "termination",
)


class UntouchedBody(BaseParser):
    """Leaves the body to the view, whoever asks for the data of the request."""

    media_type = "application/offset+octet-stream"

    def parse(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {}


class TusView(FileApiView):
    """What all requests of tus have in common: the version, the method, and no body to parse."""

    parser_classes = [UntouchedBody]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Take the method that a client means whose environment does not let it say so."""
        if override := request.headers.get("X-HTTP-Method-Override"):
            request.method = override.upper()
        return super().dispatch(request, *args, **kwargs)

    def get_permissions(self) -> Sequence[Any]:
        """Tell anybody what the server can do."""
        return [] if self.request.method == "OPTIONS" else super().get_permissions()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        is_tus = request.method in self.allowed_methods and request.method != "OPTIONS"
        if is_tus and request.headers.get("Tus-Resumable") != VERSION:
            raise UnknownTusVersion(f"Send Tus-Resumable: {VERSION}, the version spoken here.")

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response.headers["Tus-Resumable"] = VERSION
        if response.status_code == HTTPStatus.PRECONDITION_FAILED:
            response.headers["Tus-Version"] = VERSION
        return super().finalize_response(request, response, *args, **kwargs)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Tells the version, the extensions and the limits. Needs no token."""
        return Response(
            status=204,
            headers={
                "Tus-Version": VERSION,
                "Tus-Extension": ",".join(_EXTENSIONS),
                "Tus-Max-Size": str(settings.MAX_UPLOAD_BYTES),
                "Tus-Checksum-Algorithm": ",".join(headers.CHECKSUM_ALGORITHMS),
            },
        )


class UploadsView(TusView, IdempotentView):
    """Where uploads begin."""

    http_method_names = ["post", "options"]
    options = documents.OPTIONS(TusView.options)

    @documents.CREATE
    def post(self, request: Request) -> Response:
        """Begins a resumable upload; the body may bring its first bytes, or all of them."""
        size_bytes, values = headers.length_or_deferred(request), headers.metadata(request)
        checksum = headers.checksum(request)
        begun: list[Upload] = []

        def begin() -> Response:
            upload = services.upload_create(
                workspace=self.workspace,
                user=self.user,
                size_bytes=size_bytes,
                filename=values["filename"],
                metadata_header=request.headers.get("Upload-Metadata", ""),
                video_fields={key: values[key] for key in values if key != "filename"},
            )
            begun.append(upload)
            location = reverse("api:upload", kwargs={"upload_id": upload.id})
            return Response(status=201, headers={"Location": location} | _state(upload))

        with _incoming(request) as body:
            if body.size_bytes != 0:
                _check_type(request)
            response = self.once(request, [size_bytes, values], begin)
            if begun and body.size_bytes != 0:
                for name, value in self._append(begun[0], body, checksum).items():
                    response[name] = value
        return response

    def _append(
        self, upload: Upload, body: RequestBody, checksum: services.Checksum | None
    ) -> dict[str, str]:
        try:
            upload = services.upload_append(upload=upload, offset=0, body=body, checksum=checksum)
        except BaseException:  # whatever happened
            if not self.is_repeatable:  # nobody could ever learn its address
                services.upload_terminate(upload=upload)
            raise
        return _state(upload)


class UploadView(TusView):
    """One upload."""

    http_method_names = ["head", "patch", "delete", "options"]

    @documents.LOOK
    def head(self, request: Request, upload_id: UUID) -> Response:
        """Tells how much has arrived for good, and the video once all has."""
        upload = services.upload_look(upload=self.upload(upload_id))
        told = _state(upload) | {"Cache-Control": "no-store"}
        if upload.metadata_header:
            told["Upload-Metadata"] = upload.metadata_header
        if upload.size_bytes is None:
            told["Upload-Defer-Length"] = "1"
        else:
            told["Upload-Length"] = str(upload.size_bytes)
        return Response(status=200, headers=told)

    @documents.CONTINUE
    def patch(self, request: Request, upload_id: UUID) -> Response:
        """Appends the body; the last byte makes the video, of the same id, and starts its analysis."""
        _check_type(request)
        with _incoming(request) as body:
            upload = services.upload_append(
                upload=self.upload(upload_id),
                offset=headers.offset(request),
                body=body,
                size_bytes=headers.length(request),
                checksum=headers.checksum(request),
            )
        return Response(status=204, headers=_state(upload))

    @documents.TERMINATE
    def delete(self, request: Request, upload_id: UUID) -> Response:
        """Forgets the upload and removes what has arrived; a video that it became stays."""
        services.upload_terminate(upload=self.upload(upload_id))
        return Response(status=204)

    def upload(self, upload_id: UUID) -> Upload:
        """Return an upload. Raises `Upload.DoesNotExist`, also for another workspace's."""
        return selectors.upload_get(workspace=self.workspace, upload_id=upload_id)


@contextmanager
def _incoming(request: Request) -> Iterator[RequestBody]:
    """Yield the body, and what it takes to wait for it. Raises `TooManyUploads`."""
    body = RequestBody(request.META)
    with place_for(body.size_bytes), body:
        yield body


def _check_type(request: Request) -> None:
    if request.content_type.partition(";")[0].strip().lower() != UntouchedBody.media_type:
        raise UnsupportedMediaType(request.content_type)


def _state(upload: Upload) -> dict[str, str]:
    """Return the headers that tell where the upload stands; addresses without a host.

    They hold behind any proxy.
    """
    told = {"Upload-Offset": str(upload.received_bytes)}
    if upload.video_id:
        told["Video-Location"] = reverse("api:video", kwargs={"video_id": upload.video_id})
    else:
        told["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return told
