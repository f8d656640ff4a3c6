"""What is seen."""

from dataclasses import dataclass
from typing import Literal

from pipeline.results.basis import Box, FileName
from pipeline.results.vision import Coverage


@dataclass(frozen=True)
class SampledFrame:
    at_ms: int
    file: FileName
    """JPEG, upright."""


@dataclass(frozen=True)
class Frames:
    """The one decode of the pictures. Made by: sample_frames."""

    width: int
    """Of the sampled JPEGs, upright and with square pixels."""
    height: int
    decoded: int
    """How many pictures were decoded in all."""
    strip: FileName
    """`.npy`, (decoded, 27, 48, 3) uint8 BGR: every picture, tiny; open it memory-mapped."""
    times: FileName
    """`.npy`, (decoded,) int64: when each picture of the strip is shown, ms, ascending."""
    end_ms: int
    """When the last picture ends, or the video, where that is earlier."""
    coverage: Coverage
    thumbs: FileName
    """`.npy`, (n, height, width) uint8 luma, 128 pixels on the longer side: a picture every
    250 ms, whatever it shows; memory-map it."""
    thumb_times: FileName
    """`.npy`, (n,) int64: when each thumb is shown, ms, ascending."""
    samples: tuple[SampledFrame, ...]
    """Ascending. Taken where the picture changed, and at least every few seconds."""
    views: tuple[SampledFrame, ...]
    """Ascending. Smaller and denser than the samples: several a second while anything moves, one of
    a shot that stands still. For what looks at pictures without reading them."""
    poster: FileName
    storyboard: FileName
    """JPEG sprite."""
    storyboard_vtt: FileName
    """WebVTT naming the sprite as `storyboard.jpg#xywh=…`."""


Transition = Literal["cut", "dissolve", "fade"]


@dataclass(frozen=True)
class Shot:
    index: int
    start_ms: int
    end_ms: int
    keyframe_ms: int
    keyframe: FileName
    """JPEG of the sampled frame that stands for the shot."""
    confidence: float | None
    """How probable the boundary at its start is, 0..1; None for the first."""
    transition: Transition | None = None
    """How the shot before gives way to it; None for the first."""
    transition_ms: int = 0
    """How long that lasts, half of it before the start; 0 for a cut."""


@dataclass(frozen=True)
class Shots:
    """Made by: detect_shots. Shots tile the pictures without gaps."""

    shots: tuple[Shot, ...]
    coverage: Coverage


@dataclass(frozen=True)
class TextSpan:
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    box: Box


@dataclass(frozen=True)
class Calls:
    """How often models were asked, and how large what they were shown was."""

    searches: int
    """Calls of the detector; one may see parts of many pictures."""
    searched_pixels: int
    lines: int
    """Lines read."""
    line_pixels: int


@dataclass(frozen=True)
class ScreenText:
    """Made by: read_text."""

    spans: tuple[TextSpan, ...]
    searched_ms: tuple[int, ...]
    """When the pictures are shown of which any part was searched for text, ascending."""
    calls: Calls
    coverage: Coverage
    """Of the pictures in which all that may be text, and stood long enough, was searched."""
    model: str
