"""The file: where it came from and what is in it."""

from dataclasses import dataclass

from pipeline.results.basis import FileName


@dataclass(frozen=True)
class Fetched:
    """The original, brought from its address. Made by: fetch."""

    file: FileName
    size_bytes: int
    checksum_sha256: str
    filename: str
    """As its server calls it; may be empty. For display only."""


@dataclass(frozen=True)
class VideoStream:
    codec: str
    width: int
    """Upright width in pixels, after rotation."""
    height: int
    rotation: int
    """Clockwise degrees that the stored picture is turned to stand upright: 0, 90, 180 or 270."""
    frame_rate: str
    """Average rate as an exact fraction: "30000/1001"."""
    variable_frame_rate: bool
    frames: int
    """As the container states, else estimated from duration and rate."""
    pixel_format: str


@dataclass(frozen=True)
class AudioStream:
    index: int
    """The stream's index in the container."""
    codec: str
    channels: int
    sample_rate_hz: int
    language: str | None
    """As tagged in the container, ISO 639 code; None where untagged."""
    title: str | None = None
    """As tagged in the container."""
    default: bool = False
    """Whether players take it if nobody chooses."""
    aside: bool = False
    """Commentary, a description of the pictures, or music and effects without the dialogue."""


@dataclass(frozen=True)
class SubtitleStream:
    index: int
    """The stream's index in the container."""
    codec: str
    language: str | None
    """As tagged in the container, ISO 639 code; None where untagged."""
    title: str | None
    """As tagged in the container."""
    readable: bool
    """Whether it holds text: it can be imported; others hold pictures of their words."""


@dataclass(frozen=True)
class Media:
    """What `probe` found. Made by: probe."""

    duration_ms: int
    container: str
    """First of the demuxer's names: "mov", "matroska", "mpegts"."""
    bit_rate: int
    start_ms: int
    """The container's start offset, already taken from every other time."""
    video: VideoStream | None
    audio: tuple[AudioStream, ...]
    subtitles: tuple[SubtitleStream, ...] = ()
