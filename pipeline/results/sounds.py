"""What is heard beside words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SoundEvent:
    label: str
    """speech, music, laughter, applause, alarm, siren, gunshot, explosion, scream or glass."""
    start_ms: int
    end_ms: int
    score: float
    """The highest that it reaches, smoothed, 0..1."""
    confidence: float
    """The mean over its time, 0..1."""


@dataclass(frozen=True)
class Sounds:
    """Made by: hear_events."""

    events: tuple[SoundEvent, ...]
    """By their starts; those of one label are apart, those of different ones may overlap."""
    model: str


@dataclass(frozen=True)
class SpeakerTurn:
    """One speaker's stretch of speech, its brief pauses within."""

    speaker: int
    """From 1, in the order in which they first speak."""
    start_ms: int
    end_ms: int
    confidence: float
    """How alike its voice is to the speaker's: mean cosine, 0..1."""


@dataclass(frozen=True)
class Speakers:
    """Made by: split_speakers."""

    turns: tuple[SpeakerTurn, ...]
    """Ascending; where two speak at once, one is told."""
    model: str
