"""The vocabulary of videos, findings and what is spent: filters are chainable, one word each."""

from datetime import date
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Greatest, Now

if TYPE_CHECKING:
    from videos.models import Workspace


class VideoQuerySet(models.QuerySet[Any]):
    """Videos."""

    def of(self, workspace: "Workspace") -> Self:
        """Those of one workspace; every read starts here."""
        return self.filter(workspace=workspace)

    def matching(self, words: str) -> Self:
        """Those whose title or filename contains `words`, whatever the case."""
        return self.filter(models.Q(title__icontains=words) | models.Q(filename__icontains=words))


class UploadQuerySet(models.QuerySet[Any]):
    """Resumable uploads."""

    def of(self, workspace: "Workspace") -> Self:
        """Those of one workspace; every read starts here."""
        return self.filter(workspace=workspace)

    def expired(self) -> Self:
        """Those to which nothing came for too long, by the database's clock."""
        return self.filter(expires_at__lte=Now())


class SegmentQuerySet(models.QuerySet[Any]):
    """Findings of a video, in the order of their time."""

    def timely(self) -> Self:
        """In order of time, the same at every call."""
        return self.order_by("start_ms", "end_ms", "id")

    def within(self, from_ms: int | None, to_ms: int | None) -> Self:
        """Those that overlap the half-open span; None leaves a side open."""
        found = self
        if from_ms is not None:
            found = found.filter(end_ms__gt=from_ms)
        if to_ms is not None:
            found = found.filter(start_ms__lt=to_ms)
        return found


class LlmUsageQuerySet(models.QuerySet[Any]):
    """Tokens spent on the language model."""

    def book(self, workspace_id: UUID, day: date, tokens: int, *, limit: int | None = None) -> bool:
        """Add `tokens`, or give back where they are negative, to what a workspace spent on a day.

        False, and nothing is added, where that would be more than `limit`.
        """
        self.get_or_create(workspace_id=workspace_id, day=day)
        spent = self.filter(workspace=workspace_id, day=day)
        if limit is not None:
            spent = spent.filter(tokens__lte=limit - tokens)
        return bool(spent.update(tokens=Greatest(models.F("tokens") + tokens, 0)))
