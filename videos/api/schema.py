"""How views become the OpenAPI document."""

from typing import Any, Literal

from drf_spectacular import generators, openapi
from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from videos.api.base import FileApiView
from videos.api.errors import CONTENT_TYPE, phrase, problem
from videos.api.idempotency import IdempotentView

_EXAMPLES = {
    400: problem(
        400,
        "validation_error",
        "Some values are not valid.",
        errors={"priority": ["Ensure this value is less than or equal to 9."]},
    ),
    401: problem(
        401,
        "not_authenticated",
        "Authentication credentials were not provided. Send Authorization: Bearer and your token.",
    ),
    403: problem(403, "permission_denied", "CSRF Failed: CSRF token missing."),
    404: problem(404, "not_found", "There is nothing here."),
    406: problem(406, "not_acceptable", "Could not satisfy the request Accept header."),
    408: problem(408, "upload_stalled", "Nothing came for 60 s. Go on in a new request."),
    409: problem(409, "invalid_transition", "Only a failed or cancelled video can be retried."),
    410: problem(410, "upload_expired", "The upload has expired. Begin a new one."),
    411: problem(411, "length_required", "Send the upload with a Content-Length."),
    412: problem(412, "unknown_tus_version", "Send Tus-Resumable: 1.0.0, the version spoken here."),
    413: problem(
        413, "upload_too_large", "The file is over this server's limit of 4000000000 bytes."
    ),
    415: problem(415, "unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
    416: problem(416, "range_not_satisfiable", "The file has 1000 bytes."),
    422: problem(
        422,
        "idempotency_mismatch",
        "This Idempotency-Key came with another request before. Take a new key.",
    ),
    423: problem(
        423,
        "upload_locked",
        "Another request is at this upload. Ask for its offset in a moment.",
    ),
    429: problem(
        429,
        "too_many_videos",
        "20 analyses are under way, of 20 that may be at once. "
        "Send this video when one of them has ended.",
        limit=20,
    ),
    460: problem(460, "checksum_mismatch", "The body does not match its checksum. Send it again."),
    502: problem(
        502,
        "llm_refused",
        "The language model's server answers 401: "
        "see that LLM_BASE_URL, LLM_MODEL and LLM_API_KEY are right.",
    ),
    503: problem(
        503,
        "storage_unavailable",
        "This server's storage does not do its work. Try again later.",
    ),
    507: problem(507, "storage_full", "This server's disk is full. Try again later."),
    500: problem(500, "internal_error", "Something went wrong here. It was logged."),
}


_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description=(
        "The same key and request again within 24 hours: the same answer, and nothing is done "
        "twice. The header `Idempotent-Replayed: true` tells."
    ),
)


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong (RFC 9457). `code` is stable; the words are for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # DRF's metaclass moves fields elsewhere
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="By field, for 400.",
    )


def problems(*statuses: int) -> dict[Any, Any]:
    """Return the documentation of failures with these statuses."""
    return {
        (status, CONTENT_TYPE): OpenApiResponse(
            ProblemSerializer,
            phrase(status),
            examples=[
                OpenApiExample(
                    _EXAMPLES[status]["code"], _EXAMPLES[status], status_codes=[str(status)]
                )
            ],
        )
        for status in statuses
    }


class EndpointEnumerator(generators.EndpointEnumerator):
    """Finds `HEAD` and `OPTIONS` too, where a view has more to say to them than usual."""

    def get_allowed_methods(self, callback: Any) -> list[str]:
        own = [method for method in ("HEAD", "OPTIONS") if method.lower() in vars(callback.cls)]
        return [*super().get_allowed_methods(callback), *own]


class SchemaGenerator(generators.SchemaGenerator):
    """Makes the document of all endpoints."""

    endpoint_inspector_cls = EndpointEnumerator

    def get_schema(self, *args: Any, **options: Any) -> Any:
        """Return it; answers of several shapes may fit more than one, as an empty list does."""
        document = super().get_schema(*args, **options)
        for schema in document["components"]["schemas"].values():
            if "oneOf" in schema and "discriminator" not in schema:
                schema["anyOf"] = schema.pop("oneOf")
        return document


class KnownFieldsExtension(OpenApiSerializerExtension):
    """Documents that such input takes no other names."""

    target_class = "videos.api.videos.inputs.KnownFieldsSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: openapi.AutoSchema, direction: Any) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"additionalProperties": False}


class DescribedExtension(OpenApiSerializerFieldExtension):
    """Documents a field as it tells itself."""

    target_class = "videos.api.fields.Described"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: openapi.AutoSchema, direction: Any) -> Any:
        return self.target.described()


class AutoSchema(openapi.AutoSchema):
    """Adds the failures that follow from what an operation takes."""

    def get_tags(self) -> list[str]:
        """Return the first part of the path."""
        parts = self._tokenize_path()
        return [parts[0]]

    def get_override_parameters(self) -> list[Any]:
        """Return the headers that an operation takes."""
        return [_IDEMPOTENCY_KEY] if self._is_idempotent() else []

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        if direction != "response":
            return bodies
        for (status, _), response in problems(*self._usual_failures()).items():
            if str(status) not in bodies:
                described = self._get_response_for_code(response, str(status), [CONTENT_TYPE])
                bodies[str(status)] = described
        return dict(sorted(bodies.items()))

    def _usual_failures(self) -> list[int]:
        statuses = [401, 500]
        if not isinstance(self.view, FileApiView):
            statuses.append(406)
        if self.method != "GET":
            statuses.append(403)
        if "{" in self.path:
            statuses.append(404)
        if self.method in ("POST", "PUT", "PATCH") and self.get_request_serializer() is not None:
            statuses += [400, 413, 415]
        if self._is_idempotent():
            statuses += [400, 422]
        if self.method == "GET" and self._takes_query():
            statuses.append(400)
        return statuses

    def _is_idempotent(self) -> bool:
        return self.method == "POST" and isinstance(self.view, IdempotentView)

    def _takes_query(self) -> bool:
        return any(parameter["in"] == "query" for parameter in self._get_parameters())
