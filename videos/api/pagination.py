"""Cursor pages: keyset pagination over one ordering field and the id.

REST framework's own cursor keeps a position among equal values by counting, up to a thousand of
them; a thousand videos of one priority are nothing unusual.
"""

from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from videos.api.errors import InvalidCursor

_SALT = "videos.api.pagination"


class CursorPagination(BasePagination):
    """Pages of the view's queryset in an order from its `ordering_fields`, the first by default."""

    default_size = 50
    largest_size = 200

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the rows of the page that the request's cursor names."""
        self.url = request.build_absolute_uri()
        size = self._size(request)
        field, descending = self._ordering(request, view)
        cursor = self._cursor(request, queryset, field)
        backward = bool(cursor and cursor["backward"])
        if cursor:
            beyond = "lt" if descending != backward else "gt"
            same = Q(**{field: cursor["value"], f"id__{beyond}": cursor["id"]})
            queryset = queryset.filter(Q(**{f"{field}__{beyond}": cursor["value"]}) | same)
        sign = "-" if descending != backward else ""
        rows = list(queryset.order_by(f"{sign}{field}", f"{sign}id")[: size + 1])
        more, rows = len(rows) > size, rows[:size]
        if backward:
            rows.reverse()
        has_next = bool(cursor) if backward else more
        has_previous = more if backward else bool(cursor)
        self.next = self._link(rows[-1], field, backward=False) if rows and has_next else None
        self.previous = self._link(rows[0], field, backward=True) if rows and has_previous else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next, "previous": self.previous})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        orders = [sign + field for field in view.ordering_fields for sign in ("", "-")]
        size = {"type": "integer", "minimum": 1, "default": self.default_size}
        return [
            _parameter("cursor", {"type": "string"}, "From `next` or `previous` of another page."),
            _parameter("page_size", size, f"At most {self.largest_size} are returned."),
            _parameter("ordering", {"type": "string", "enum": orders}, "`-` puts the last first."),
        ]

    def _size(self, request: Request) -> int:
        given = request.query_params.get("page_size", str(self.default_size))
        if not (given.isascii() and given.isdigit() and int(given[:9]) > 0):
            raise ValidationError({"page_size": ["It is a whole number from 1 to 200."]})
        return min(int(given[:9]), self.largest_size)

    def _ordering(self, request: Request, view: Any) -> tuple[str, bool]:
        given = request.query_params.get("ordering", f"-{view.ordering_fields[0]}")
        field = given.removeprefix("-")
        if field not in view.ordering_fields:
            known = ", ".join(view.ordering_fields)
            raise ValidationError({"ordering": [f"It is one of {known}, with or without a `-`."]})
        return field, given.startswith("-")

    def _cursor(
        self, request: Request, queryset: QuerySet[Any], field: str
    ) -> dict[str, Any] | None:
        given = request.query_params.get("cursor")
        if not given:
            return None
        try:
            held: dict[str, Any] = signing.loads(given, salt=_SALT)
        except signing.BadSignature as error:
            raise InvalidCursor("This cursor is none that a list gave.") from error
        if held["field"] != field:
            raise InvalidCursor("This cursor belongs to another ordering.")
        value = queryset.model._meta.get_field(field).to_python(held["value"])
        return held | {"value": value}

    def _link(self, row: Any, field: str, *, backward: bool) -> str:
        value = row._meta.get_field(field).value_to_string(row)
        held = {"field": field, "value": value, "id": str(row.pk), "backward": backward}
        return replace_query_param(self.url, "cursor", signing.dumps(held, salt=_SALT))


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}
