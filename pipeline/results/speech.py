"""What is heard."""

from dataclasses import dataclass

from pipeline.results.basis import FileName, Sharded


@dataclass(frozen=True)
class Audio:
    """Made by: extract_audio."""

    file: FileName
    """`.npy`, (samples,) int16, mono, 16 kHz; sample 0 is at 0 ms of the timeline; memory-map it."""
    duration_ms: int
    stream_index: int


@dataclass(frozen=True)
class Speech(Sharded):
    """Made by: detect_speech. A shard ends where nobody speaks."""

    spans: tuple[tuple[int, int], ...]
    """First sample of `Audio` and the one after the last: ascending, apart, at least one."""
    language: str
    language_probability: float | None
    """None where the uploader gave the language."""


@dataclass(frozen=True)
class Word:
    start_ms: int
    end_ms: int
    text: str
    probability: float


@dataclass(frozen=True)
class Words:
    """One shard's part of transcribe: words as they were heard, not yet laid onto the speech."""

    words: tuple[Word, ...]
    model: str


@dataclass(frozen=True)
class Cue:
    start_ms: int
    end_ms: int
    text: str
    """One or two lines joined by a newline."""
    confidence: float | None
    """Mean probability of its words; None where it was imported."""
    words: tuple[Word, ...]
    """Empty where it was imported: nobody heard them one by one."""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """Made by: transcribe."""

    language: str
    language_probability: float | None
    """None where the uploader gave the language."""
    cues: tuple[Cue, ...]
    model: str
