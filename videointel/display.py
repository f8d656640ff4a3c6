"""Values and rows as the admin shows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

EMPTY = "–"


class ReadOnly:
    """An admin of rows that only services and workers write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HasStatus(Protocol):
    status: str


def status(row: HasStatus) -> SafeString:
    """Return a row's status in its colour."""
    return format_html('<span class="status {}">{}</span>', row.status, row.status)


def reason(given: Mapping[str, object] | None) -> str:
    """Return why something ended as it did, its code first: people search for that."""
    return f"{given['code']}: {given['message']}" if given else EMPTY


def seconds(started_at: datetime | None, finished_at: datetime | None) -> float:
    """Return how long something took, so far if it has not finished; 0 before it starts."""
    if not started_at:
        return 0.0
    return ((finished_at or timezone.now()) - started_at).total_seconds()


def took(started_at: datetime | None, finished_at: datetime | None) -> str:
    """Return `seconds` in words."""
    return f"{seconds(started_at, finished_at):.1f} s" if started_at else EMPTY


def clock(ms: int) -> str:
    """Return a position in media: 61500 ms is `0:01:01.500`."""
    total, ms = divmod(ms, 1000)
    return f"{total // 3600}:{total // 60 % 60:02}:{total % 60:02}.{ms:03}"


def table(
    headings: Sequence[str], rows: Sequence[Sequence[Any]], *, left_out: int = 0
) -> SafeString:
    """Return a table; `left_out` rows more than it shows exist."""
    if not rows:
        return SafeString(EMPTY)
    head = format_html_join("", "<th>{}</th>", ((heading,) for heading in headings))
    body = format_html_join(
        "",
        "<tr>{}</tr>",
        ((format_html_join("", "<td>{}</td>", ((v,) for v in row)),) for row in rows),
    )
    note = format_html("<p>{} more are left out here.</p>", left_out) if left_out else ""
    return format_html(
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}", head, body, note
    )
