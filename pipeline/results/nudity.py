"""Where pictures show nudity."""

from dataclasses import dataclass


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
    pictures: int
    """How many were screened."""
    covered_ms: int
    """Of the pictures' time, what they stand for; the rest is in shots that have no sample."""
    model: str
