"""What the whole peer answers: the fields of ours, in pydantic's models."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

_PARTS = (
    *("timeline", "transcript", "shots", "texts", "objects", "faces", "nudity", "sounds"),
    *("speakers", "chapters", "summary", "keywords", "entities"),
    *("duplicates", "media", "renditions"),
)


class Reason(BaseModel):
    code: str
    message: str


class StageOut(BaseModel):
    name: str
    status: str
    progress: float = 0.0
    parts: dict[str, int] | None = None
    attempt: int = 0
    max_attempts: int
    reason: Reason | None = None
    waiting_for: Reason | None
    reused: bool = False
    queued_at: datetime | None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_ms: int | None = None
    coverage: dict[str, int] | None = None


class VideoOut(BaseModel):
    id: UUID
    url: str
    title: str
    filename: str
    source_url: str | None
    size_bytes: int | None
    checksum_sha256: str | None
    status: str
    status_reason: Reason | None = None
    progress: float
    eta_s: float | None = None
    language: str | None
    priority: int
    profile: str
    vocabulary: list[str]
    audio_track: int | None
    metadata: dict[str, Any]
    media: dict[str, Any] | None = None
    stages: list[StageOut]
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    links: dict[str, str | None]


def links(url: str) -> dict[str, str | None]:
    """Return where the rest of a video at `url` is."""
    there: dict[str, str | None] = {name: f"{url}/{name}" for name in _PARTS}
    there |= {f"{name}_vtt": f"{url}/{name}.vtt" for name in ("transcript", "chapters")}
    return there | dict.fromkeys(("poster", "storyboard", "storyboard_vtt"))
