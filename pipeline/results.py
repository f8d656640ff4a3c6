"""The frozen dataclasses that stages exchange and writers store.

They travel as JSON (`dump`, `load`), so fields are numbers, strings, tuples and other
dataclasses of this module. Times are integer milliseconds from the start of the upright
presentation (pts minus the container's start offset), ends exclusive. Boxes are
`(x, y, w, h)`, normalised to 0..1 from the top left of the upright picture. Files are names
relative to the folder of the result that names them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

T = TypeVar("T")

RESULT_FILE = "result.json"
_LARGEST_BYTES = 256 << 20

FileName = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-][A-Za-z0-9._-]*\Z")]
"""A file beside the result. Checked when it is read: what wrote it has read hostile files, and what
it names is served to people."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Shard:
    """A stretch of the media that a worker can work on by itself."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Sharded:
    """A result that says how work on the media is to be divided, from the media alone."""

    shards: tuple[Shard, ...]
    """At least one; they tile the timeline."""


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
    """When the last picture ends."""
    samples: tuple[SampledFrame, ...]
    """Ascending. Taken where the picture changed, and at least every few seconds."""
    poster: FileName
    storyboard: FileName
    """JPEG sprite."""
    storyboard_vtt: FileName
    """WebVTT naming the sprite as `storyboard.jpg#xywh=…`."""


@dataclass(frozen=True)
class Shot:
    index: int
    start_ms: int
    end_ms: int
    keyframe_ms: int
    keyframe: FileName
    """JPEG of the sampled frame that stands for the shot."""
    confidence: float | None
    """How sure the boundary at its start is, 0..1; None for the first."""


@dataclass(frozen=True)
class Shots:
    """Made by: detect_shots. Shots tile the pictures without gaps."""

    shots: tuple[Shot, ...]


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
    confidence: float
    """Mean probability of its words."""
    words: tuple[Word, ...]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """Made by: transcribe."""

    language: str
    language_probability: float | None
    """None where the uploader gave the language."""
    cues: tuple[Cue, ...]
    model: str


@dataclass(frozen=True)
class TextSpan:
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    box: Box


@dataclass(frozen=True)
class ScreenText:
    """Made by: read_text."""

    spans: tuple[TextSpan, ...]
    frames_read: int
    """How many pictures went through text recognition."""
    model: str


@dataclass(frozen=True)
class Proxy:
    """Made by: make_proxy."""

    file: FileName
    """MP4: H.264 4:2:0 and AAC, or AAC alone; playable while it loads."""

    content_type: Literal["video/mp4", "audio/mp4"] = "video/mp4"


def dump(result: object, directory: Path) -> None:
    """Write `result` as JSON into `directory`."""
    (directory / RESULT_FILE).write_bytes(msgspec.json.encode(result))


def load(kind: type[T], directory: Path) -> T:
    """Read the result of type `kind` from `directory`. Raises `OSError`, or as `parse` does."""
    path = directory / RESULT_FILE
    if path.stat().st_size > _LARGEST_BYTES:
        raise msgspec.ValidationError(f"The result is over {_LARGEST_BYTES} bytes.")
    return parse(kind, path.read_bytes())


def parse(kind: type[T], data: bytes) -> T:
    """Return the result of type `kind` that `dump` wrote.

    Raises `msgspec.ValidationError` if it has another shape, `DecodeError` if it is no JSON.
    """
    return msgspec.json.decode(data, type=kind)
