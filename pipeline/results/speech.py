"""What is heard."""

from dataclasses import dataclass

from pipeline.results.basis import FileName, Sharded

SAMPLES_PER_MS = 16
"""Of `Audio`, and so of the spans of `Speech`."""


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
class Utterance:
    """Words that the engine heard as one, up to 30 s of speech, and what it thinks of them."""

    words: tuple[Word, ...]
    language: str
    log_probability: float
    """Natural logarithm, mean over the text's tokens: below -1 it is a guess."""
    no_speech: float
    """The probability that nobody speaks, 0..1."""
    compression: float
    """How many times smaller the text gets by compression: text that repeats itself gets small."""

    # Whisper's own limits (Radford et al. 2022, section 4.5).

    @property
    def is_improbable(self) -> bool:
        return self.log_probability < -1.0

    @property
    def is_likely_silence(self) -> bool:
        return self.no_speech > 0.6

    @property
    def repeats_itself(self) -> bool:
        return self.compression > 2.4


@dataclass(frozen=True)
class Words:
    """One shard's part of transcribe: words as they were heard, not yet laid onto the speech."""

    utterances: tuple[Utterance, ...]
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
    """Why it may be wrong, of those that `pipeline.media.trust` knows; none: nothing speaks against it."""
    language: str = ""
    """ISO 639-1 code where there is one; empty: the transcript's."""


@dataclass(frozen=True)
class Transcript:
    """Made by: transcribe."""

    language: str
    language_probability: float | None
    """None where the uploader gave the language; its share of what is said where that is mostly in
    another language than the beginning."""
    cues: tuple[Cue, ...]
    model: str
