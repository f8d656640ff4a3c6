"""Opens an uploaded file for demuxing, safely, and says plainly why it can't be opened.

Uploads are hostile until shown otherwise: only the file itself is ever read (no network, no
other file that a playlist or a concat script names), and only formats that hold one recording.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

import av
from av.frame import Frame
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from pipeline.errors import StageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext

    from pipeline.contract import Limits

F = TypeVar("F", bound=Frame)

# FFmpeg's names. Left out on purpose: playlists (hls, dash, concat), image sequences and still
# pictures (image2, *_pipe, gif, webp), text, devices, network protocols, and raw video streams
# (h264, hevc), which carry no times.
FORMATS = (
    "mov", "matroska", "mpegts", "mpeg", "avi", "flv", "live_flv", "asf", "ogg", "mxf", "rm",
    "nut", "dv", "ivf", "gxf", "wtv", "yuv4mpegpipe",
    "wav", "w64", "flac", "mp3", "aac", "ac3", "eac3", "aiff", "amr", "au", "caf",
)  # fmt: skip

# HEIC and AVIF stills use the mov demuxer too.
STILL_BRANDS = {"heic", "heix", "heim", "heis", "mif1", "mif2", "avif"}

MAX_READ_FAILURES = 100
"""How many times in a row reading may fail before the rest of the file is given up."""


LONGEST_LEAD_IN = Fraction(1, 10)
"""Seconds. AAC has 1024 samples of it, or 2112; MP3 1105."""

RESET_MS, LEAP_MS = 1000, 3_600_000
"""Going back further, or ahead further, is a clock that was set anew: recordings were joined."""

MIN_SAMPLE_RATE_HZ = 1000
"""Telephones have 8000. At 1 Hz, a hundred kilobytes would be ten hours of sound."""
MAX_CHANNELS = 32
"""More are no sound that FFmpeg can mix."""

MAX_BOX = 2**40
"""A box that claims more bytes is no box."""


def open_media(path: Path, limits: Limits) -> InputContainer:
    """Open `path` for reading; the caller closes it (`with open_media(path) as container`).

    The only place that opens an upload. Raises `StageError` with `empty_file`, `not_media`,
    `truncated`, `corrupt_media`, `too_many_streams` or `too_large_picture`.
    """
    if path.stat().st_size == 0:
        raise StageError("empty_file", "The file is empty: upload it again.")
    # To learn a picture's format FFmpeg decodes one while it opens: the limit holds by then.
    container = _open(path, max_pixels=str(limits.pixels))
    try:
        if container.metadata.get("major_brand", "").strip() in STILL_BRANDS:
            raise StageError(
                "not_media", "The file is a still picture: upload a video or sound file."
            )
        if len(container.streams) > limits.streams:
            raise StageError(
                "too_many_streams",
                f"The file holds more than {limits.streams} streams: keep one picture and the sound.",
            )
        _check_pictures(container, limits)
        if any(not context.width for context in _picture_codecs(container)):
            # A size that a decoder refused is not told. Without decoders the header's own is.
            with _open(path, codec_whitelist="-") as undecoded:
                _check_pictures(undecoded, limits)
    except StageError:
        container.close()
        raise
    for context in _picture_codecs(container):
        # Pictures may grow in mid-stream.
        context.options = {"max_pixels": str(limits.pixels)}
    return container


def _open(path: Path, **options: str) -> InputContainer:
    options |= {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}
    try:
        # The prefix keeps a colon in the name from being read as a protocol.
        return av.open(f"file:{path}", options=options, metadata_errors="replace")
    except (av.error.InvalidDataError, av.error.EOFError, av.error.ArgumentError) as error:
        raise _why_unreadable(path) from error
    except av.error.FFmpegError as error:
        raise StageError(
            "corrupt_media", "The file is damaged at its start: export it again."
        ) from error


def _picture_codecs(container: InputContainer) -> list[VideoCodecContext]:
    return [s.codec_context for s in container.streams.video if s.codec_context is not None]


def _check_pictures(container: InputContainer, limits: Limits) -> None:
    for context in _picture_codecs(container):
        if context.width * context.height > limits.pixels:
            raise StageError(
                "too_large_picture",
                f"The picture is larger than {limits.pixels} pixels: scale it down and upload again.",
            )


def picture_stream(container: InputContainer) -> VideoStream | None:
    """Return the stream that shows the video; cover art and streams without a decoder are none."""
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or stream.codec_context is None:
        return None
    if stream.disposition & (Disposition.attached_pic | Disposition.still_image):
        return None
    return stream


def sound_streams(container: InputContainer) -> list[AudioStream]:
    """Return the audio tracks that can be decoded and heard, in the container's order."""
    return [
        stream
        for stream in container.streams.audio
        if (context := stream.codec_context) is not None
        and context.channels <= MAX_CHANNELS
        # 0: not known before the first packet
        and (not context.sample_rate or context.sample_rate >= MIN_SAMPLE_RATE_HZ)
    ]


def start_time(container: InputContainer) -> Fraction:
    """Return the zero of every time we tell, in seconds of the container's clock.

    It is where the file starts, or its first picture where sound starts hardly before: that is no
    sound, but what an encoder of sound needs ahead of it.
    """
    start = Fraction(container.start_time or 0, av.time_base)
    stream = picture_stream(container)
    if stream is None or stream.start_time is None or stream.time_base is None:
        return start
    first = stream.start_time * stream.time_base
    return first if start < first <= start + LONGEST_LEAD_IN else start


def set_anew(step_ms: float) -> bool:
    """Tell whether a clock that goes on by so much was set anew: time goes on where it stopped."""
    return not -RESET_MS <= step_ms <= LEAP_MS


def packets(container: InputContainer, *streams: Stream) -> Iterator[Packet[Stream]]:
    """Yield packets from the current position on, past places that can't be read.

    The last one for each stream is empty: decoding it flushes the decoder.
    """
    failures = 0
    while failures < MAX_READ_FAILURES:
        try:
            # A generator that raised is spent; a new one goes on where it stopped.
            for packet in container.demux(*streams):
                failures = 0
                yield packet
        except (av.error.FFmpegError, IndexError):
            # IndexError: PyAV's, at a packet of a stream that appeared after opening.
            failures += 1
        else:
            return


def decoded(packet: Packet[Stream], kind: type[F]) -> list[F]:
    """Return the frames of a kind in a packet; none of a damaged one: the next may be whole."""
    try:
        return [frame for frame in packet.decode() if isinstance(frame, kind)]
    except av.error.FFmpegError:
        return []


def _why_unreadable(path: Path) -> StageError:
    if _lacks_index(path):
        return StageError(
            "truncated", "The file ends before its index (moov): upload the whole file again."
        )
    return StageError(
        "not_media",
        "The file is no video or sound file that we know: upload MP4, MOV, MKV, WebM or a sound file.",
    )


def _lacks_index(path: Path) -> bool:
    """Tell whether this is an ISO media file (mp4, mov) whose `moov` box is missing.

    Walks the top-level boxes of ISO/IEC 14496-12: 32-bit size, four letters, maybe 64-bit size.
    """
    kinds: set[bytes] = set()
    with path.open("rb") as file:
        while len(kinds) < 16 and len(header := file.read(16)) >= 8:
            size, kind = int.from_bytes(header[:4]), header[4:8]
            if size == 1:
                size = int.from_bytes(header[8:])
            kinds.add(kind)
            if not 8 <= size <= MAX_BOX:
                break
            file.seek(size - len(header), 1)
    return bool(kinds & {b"ftyp", b"mdat"}) and b"moov" not in kinds
