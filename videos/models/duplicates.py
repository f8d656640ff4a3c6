"""What pictures look like, and which videos show the same."""

from typing import Any

from django.contrib.postgres.indexes import PostgresIndex
from django.db import models
from django.db.models import F, Q

from videos.models.findings import Finding


class BitField(models.Field):  # type: ignore[type-arg]  # takes no parameter at run time
    """PostgreSQL's `bit(n)`: bytes here."""

    def __init__(self, *, length: int, **options: Any) -> None:
        self.length = length
        super().__init__(**options)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "length": self.length}

    def db_type(self, connection: Any) -> str:  # noqa: ARG002  Django names it
        return f"bit({self.length})"

    def from_db_value(self, value: str | None, *_: Any) -> bytes | None:
        return None if value is None else int(value, 2).to_bytes(self.length // 8)

    def get_prep_value(self, value: bytes | None) -> str | None:
        return None if value is None else f"{int.from_bytes(value):0{self.length}b}"


class HnswIndex(PostgresIndex):
    """pgvector's index of nearest neighbours: approximate, and fast however many there are."""

    suffix = "hnsw"

    def __init__(self, *expressions: Any, m: int = 16, **options: Any) -> None:
        """`m`: how many neighbours each has; more lead out of clusters of what is nearly the same."""
        self.m = m
        super().__init__(*expressions, **options)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        path, args, options = super().deconstruct()
        return path, args, options | ({"m": self.m} if self.m != 16 else {})

    def get_with_params(self) -> list[str]:
        return [f"m = {self.m}"] if self.m != 16 else []


class Signature(models.Model):
    """A stretch of a shot in which the picture hardly changes, and what it looks like."""

    workspace = models.ForeignKey("videos.Workspace", on_delete=models.CASCADE, db_index=False)
    video = models.ForeignKey("videos.Video", on_delete=models.CASCADE, db_index=False)
    stage_run = models.ForeignKey("pipeline.StageRun", on_delete=models.CASCADE)
    start_ms = models.BigIntegerField()
    end_ms = models.BigIntegerField()
    bits = BitField(length=256, help_text="PDQ hash of the picture in its middle.")
    pictures = models.BinaryField(help_text="PDQ hashes of 32 bytes, one every 250 ms.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["video", "start_ms"], name="signature_once"),
            models.CheckConstraint(
                name="signature_ends_after_start",
                condition=Q(start_ms__gte=0, end_ms__gt=F("start_ms")),
            ),
        ]
        indexes = [
            HnswIndex(name="signature_likeness", fields=["bits"], opclasses=["bit_hamming_ops"])
        ]

    def __str__(self) -> str:
        return f"{self.start_ms}–{self.end_ms} ms"


class Duplicate(Finding):
    """A span of a video that another one shows as well: one row for both."""

    other = models.ForeignKey("videos.Video", on_delete=models.CASCADE, related_name="+")
    other_start_ms = models.BigIntegerField()
    other_end_ms = models.BigIntegerField()
    mirrored = models.BooleanField()

    class Meta(Finding.Meta):
        constraints = [
            *Finding.Meta.constraints,
            models.CheckConstraint(
                name="duplicate_other_ends_after_start",
                condition=Q(other_start_ms__gte=0, other_end_ms__gt=F("other_start_ms")),
            ),
            models.CheckConstraint(name="duplicate_of_another", condition=~Q(video=F("other"))),
        ]

    def __str__(self) -> str:
        return f"{self.start_ms}–{self.end_ms} ms"
