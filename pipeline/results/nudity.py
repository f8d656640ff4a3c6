"""Where pictures show nudity."""

from dataclasses import dataclass

from pipeline.results.vision import Coverage


@dataclass(frozen=True)
class NuditySpan:
    start_ms: int
    end_ms: int
    score: float
    """The highest that its pictures reach, smoothed, 0..1."""
    confidence: float
    """Their mean over its time, 0..1."""


@dataclass(frozen=True)
class Nudity:
    """Made by: screen_nudity."""

    spans: tuple[NuditySpan, ...]
    """Ascending and apart."""
    coverage: Coverage
    model: str
