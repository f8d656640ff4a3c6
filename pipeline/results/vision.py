"""What is followed through the pictures."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.results.basis import Box


@dataclass(frozen=True)
class Coverage:
    """How closely a stage looked. Every result on pictures has one, as `coverage`."""

    pictures: int
    """How many it looked at."""
    largest_gap_ms: int
    """The longest stretch without one. Sampling looks seldom where nothing moves."""

    @classmethod
    def over(cls, looks_ms: Iterable[int], end_ms: int) -> "Coverage":
        """Return the coverage of pictures 0..`end_ms` by looks at those times, ascending."""
        pictures = largest_gap_ms = before_ms = 0
        for at_ms in looks_ms:  # a long video has a million: they are not kept
            largest_gap_ms = max(largest_gap_ms, at_ms - before_ms)
            pictures, before_ms = pictures + 1, at_ms
        return cls(pictures, max(largest_gap_ms, end_ms - before_ms))


@dataclass(frozen=True)
class Sighting:
    """What a detector found in one picture; no part of a result."""

    box: Box
    confidence: float
    label: str
    colours: bytes = b""
    """What helps to know it again, as `media.colours` has it; empty: not known."""


@dataclass(frozen=True)
class Detection:
    """A thing in one picture."""

    at_ms: int
    box: Box
    confidence: float


@dataclass(frozen=True)
class Track:
    """The same thing over time, within one shot."""

    label: str
    start_ms: int
    end_ms: int
    confidence: float
    boxes: tuple[Detection, ...]
    """Where it was seen, ascending; at least one. What lies between was not looked at."""


@dataclass(frozen=True)
class Faces:
    """Made by: find_faces."""

    tracks: tuple[Track, ...]
    coverage: Coverage
    model: str


@dataclass(frozen=True)
class Objects:
    """Made by: find_objects."""

    tracks: tuple[Track, ...]
    coverage: Coverage
    model: str
