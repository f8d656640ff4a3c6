"""The filter vocabulary of videos and findings: chainable, one word each."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models.functions import Now

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
