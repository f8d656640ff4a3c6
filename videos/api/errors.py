"""The one place that turns failures into HTTP: RFC 9457 problem details with a stable `code`."""

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.views import set_rollback

from pipeline.services import UnknownStage
from pipeline.store import StorageUnavailable
from videos.api.places import TooManyUploads
from videos.errors import InvalidTransition, VideosError
from videos.services import (
    BeyondLength,
    BitmapSubtitles,
    ChecksumMismatch,
    EmptyFile,
    IdempotencyMismatch,
    LengthMismatch,
    LlmBudgetSpent,
    LlmInvalidAnswer,
    LlmOff,
    LlmRefused,
    LlmUnavailable,
    NothingToRedact,
    NotPlayable,
    NotProbed,
    NotSubtitles,
    OffsetMismatch,
    QuotaExceeded,
    SourceRefused,
    StorageFull,
    SubtitlesTooLarge,
    TooManyQuestions,
    TooManyRenditions,
    TooManyVideos,
    UnknownAudioTrack,
    UnknownCue,
    UnknownTrack,
    UploadExpired,
    UploadIncomplete,
    UploadLocked,
    UploadLost,
    UploadStalled,
    UploadTooLarge,
)

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


class LengthRequired(VideosError):
    """A body of unknown length cannot be judged before it is read."""

    code = "length_required"


class UnknownTusVersion(VideosError):
    """The client speaks a version of tus that we don't."""

    code = "unknown_tus_version"


class InvalidCursor(VideosError):
    """The cursor is not one that this server gave."""

    code = "invalid_cursor"


class RenditionNotReady(VideosError):
    """There is no file yet."""

    code = "rendition_not_ready"


_CHECKSUM_MISMATCH = 460  # of tus, and of no HTTP standard
STATUS: dict[type[VideosError], int] = {
    BeyondLength: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BitmapSubtitles: HTTPStatus.BAD_REQUEST,
    ChecksumMismatch: _CHECKSUM_MISMATCH,
    EmptyFile: HTTPStatus.BAD_REQUEST,
    IdempotencyMismatch: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidCursor: HTTPStatus.BAD_REQUEST,
    InvalidTransition: HTTPStatus.CONFLICT,
    LengthMismatch: HTTPStatus.BAD_REQUEST,
    LengthRequired: HTTPStatus.LENGTH_REQUIRED,
    LlmBudgetSpent: HTTPStatus.TOO_MANY_REQUESTS,
    LlmInvalidAnswer: HTTPStatus.BAD_GATEWAY,
    LlmOff: HTTPStatus.CONFLICT,
    LlmRefused: HTTPStatus.BAD_GATEWAY,
    LlmUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    NothingToRedact: HTTPStatus.BAD_REQUEST,
    NotPlayable: HTTPStatus.NOT_FOUND,
    NotProbed: HTTPStatus.CONFLICT,
    NotSubtitles: HTTPStatus.BAD_REQUEST,
    OffsetMismatch: HTTPStatus.CONFLICT,
    QuotaExceeded: HTTPStatus.FORBIDDEN,
    RenditionNotReady: HTTPStatus.CONFLICT,
    SourceRefused: HTTPStatus.BAD_REQUEST,
    StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
    TooManyQuestions: HTTPStatus.SERVICE_UNAVAILABLE,
    SubtitlesTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyUploads: HTTPStatus.SERVICE_UNAVAILABLE,
    TooManyRenditions: HTTPStatus.CONFLICT,
    TooManyVideos: HTTPStatus.TOO_MANY_REQUESTS,
    UnknownCue: HTTPStatus.BAD_REQUEST,
    UnknownStage: HTTPStatus.BAD_REQUEST,
    UnknownAudioTrack: HTTPStatus.BAD_REQUEST,
    UnknownTrack: HTTPStatus.BAD_REQUEST,
    UnknownTusVersion: HTTPStatus.PRECONDITION_FAILED,
    UploadExpired: HTTPStatus.GONE,
    UploadIncomplete: HTTPStatus.BAD_REQUEST,
    UploadLocked: HTTPStatus.LOCKED,
    UploadLost: HTTPStatus.GONE,
    UploadStalled: HTTPStatus.REQUEST_TIMEOUT,
    UploadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


def phrase(status: int) -> str:
    """Return what a status is called."""
    return "Checksum Mismatch" if status == _CHECKSUM_MISMATCH else HTTPStatus(status).phrase


def problem(status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    """Return a problem's members."""
    return {
        "type": "about:blank",
        "title": phrase(status),
        "status": int(status),
        "detail": detail,
        "code": code,
        **extra,
    }


def problem_details(error: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """Answer any failure of a view; what nobody expected is logged and told without internals."""
    set_rollback()
    members, headers = _describe(error)
    if isinstance(error, exceptions.UnsupportedMediaType):
        known = ", ".join(parser.media_type for parser in context["view"].parser_classes)
        members["detail"] += f" Send {known}."
    if members["status"] == HTTPStatus.UNAUTHORIZED:
        members["detail"] += " Send Authorization: Bearer and your token."
    if members["status"] == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("A request failed", exc_info=error)
    # Rendered here: whatever else a view may answer, its failures are JSON.
    return JsonResponse(
        members, status=members["status"], headers=headers, content_type=CONTENT_TYPE
    )


def _describe(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    match error:
        case VideosError():
            status = STATUS.get(type(error), HTTPStatus.BAD_REQUEST)
            return problem(status, error.code, error.message, **error.extra), _headers(error)
        case exceptions.ValidationError():
            fields = dict(_by_field(error.detail))
            return problem(400, "validation_error", "Some values are not valid.", errors=fields), {}
        case exceptions.APIException():
            code = error.get_codes()
            detail = str(error.detail)
            return problem(error.status_code, str(code), detail), _headers(error)
        case Http404() | ObjectDoesNotExist():
            return problem(404, "not_found", "There is nothing here."), {}
        case PermissionDenied():
            return problem(403, "permission_denied", "You may not do this."), {}
        case RequestDataTooBig():
            return problem(
                413, "request_too_large", "The fields of this request are too large."
            ), {}
        case UnreadablePostError():
            return problem(400, UploadIncomplete.code, "The body ended early. Send it again."), {}
        case OSError(errno=errno.ENOSPC) | StorageUnavailable():
            return _storage_problem(error)
        case SuspiciousOperation():
            return problem(400, "parse_error", "The request cannot be read."), {}
        case _:
            return problem(500, "internal_error", "Something went wrong here. It was logged."), {}


def _storage_problem(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    logger.error("The storage failed", exc_info=error)
    if isinstance(error, StorageUnavailable):
        detail = "This server's storage does not do its work. Try again later."
        return problem(503, "storage_unavailable", detail), {"Retry-After": "30"}
    return problem(507, StorageFull.code, "This server's disk is full. Try again later."), {}


def _headers(error: VideosError | exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait_s := getattr(error, "retry_after_s", None) or getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait_s:.0f}"
    return headers


def _by_field(detail: Any, prefix: str = "") -> list[tuple[str, list[str]]]:
    """Flatten nested details: `{"a": {"b": ["no"]}}` becomes `a.b: ["no"]`."""
    if not isinstance(detail, Mapping):
        messages = detail if isinstance(detail, list) else [detail]
        return [(prefix or "non_field_errors", [str(message) for message in messages])]
    found = []
    for name, inner in detail.items():
        found += _by_field(inner, f"{prefix}.{name}" if prefix else str(name))
    return found


def _outside_views(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse(problem(status, code, detail), status=status, content_type=CONTENT_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer what failed before any view: a forged host, a malformed address."""
    return _outside_views(request, 400, "parse_error", "The request cannot be read.")


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer what failed outside the views."""
    return _outside_views(
        request, 500, "internal_error", "Something went wrong here. It was logged."
    )
