"""What is said, understood: chapters, summary, keywords, names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Keyword:
    text: str
    score: float
    """Of the best one, 0..1."""


@dataclass(frozen=True)
class Keywords:
    """Made by: find_keywords. The best first."""

    keywords: tuple[Keyword, ...]
    model: str
    """Empty where words alone were counted."""


@dataclass(frozen=True)
class Chapter:
    start_ms: int
    end_ms: int
    title: str
    sentiment: float | None
    """How what is said sounds, -1..1; None where the language is not English."""
    confidence: float | None
    """How much the turn at its start explains, 0..1; None for the first."""
    said_ms: int
    """When its first sentence begins."""


@dataclass(frozen=True)
class Chapters:
    """Made by: split_chapters. At least one; they tile the media."""

    chapters: tuple[Chapter, ...]
    language: str
    model: str
    """Empty where words alone were compared."""


@dataclass(frozen=True)
class SummarySentence:
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    """How well it stands for what is said around it, 0..1."""


@dataclass(frozen=True)
class Summary:
    """Made by: summarise. At least one, ascending; their texts are as they were said."""

    sentences: tuple[SummarySentence, ...]
    language: str
    model: str
    """Empty where words alone were compared."""


@dataclass(frozen=True)
class CueSpan:
    cue: int
    """The cue's place in the transcript, from 0."""
    start: int
    """Of the first character in the cue's text."""
    end: int


@dataclass(frozen=True)
class Mention:
    start_ms: int
    end_ms: int
    text: str
    """On one line."""
    label: str
    """What it names: "person", "place", …"""
    spans: tuple[CueSpan, ...]
    """Where it stands: nearly always in one cue, else in one after another."""


@dataclass(frozen=True)
class Entities:
    """Made by: find_entities. Ascending."""

    mentions: tuple[Mention, ...]
    model: str
