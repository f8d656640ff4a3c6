"""Finds out what a file holds: container, streams, true duration, and whether it decodes."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice, pairwise
from statistics import mode
from typing import TYPE_CHECKING

import av
from av.audio.stream import AudioStream as AvAudioStream
from av.frame import Frame
from av.video.frame import VideoFrame
from av.video.stream import VideoStream as AvVideoStream

from pipeline.errors import StageError
from pipeline.media.container import (
    decoded,
    open_media,
    packets,
    picture_stream,
    sound_streams,
    start_time,
)
from pipeline.media.lengths import duration_of, seek
from pipeline.media.streams import describe_audio, describe_subtitles
from pipeline.results import Media, VideoStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

    from pipeline.contract import Limits

# Reading is bounded whatever the file claims: a probe looks at the start, the middle and the end.
WINDOW_PACKETS = 600
WINDOW_BYTES = 48 * 2**20
REORDERED = 16
"""Most pictures that a codec shows later than it stores them (H.264 and HEVC)."""


def probe(path: Path, limits: Limits) -> Media:
    """Describe the file at `path`; decodes one picture, or some sound where there is none.

    Raises `StageError` with `no_streams`, `zero_duration`, `encrypted`, `corrupt_media`,
    `too_long` or `too_high_frame_rate`, or what `open_media` raises.
    """
    with open_media(path, limits) as container:
        video, audio = picture_stream(container), sound_streams(container)
        if not len(container.streams):
            raise _holds_nothing()
        if video is None and not audio:
            raise StageError(
                "no_streams", "The file has no picture or sound that we can decode: convert it."
            )
        head, frames = _read_head(container, video, audio)
        _check_decodes(head, frames)
        if video and not any(p.stream_index == video.index for p in head):
            video = None  # a track without a single picture, beside sound that is fine
        duration_ms = duration_of(container)
        if duration_ms <= 0:
            raise StageError("zero_duration", "The file has no length: export it again.")
        if duration_ms > limits.duration_ms:
            hours = limits.duration_ms / 3_600_000
            raise StageError(
                "too_long", f"The file is longer than {hours:g} hours: cut it in parts."
            )
        picture = next((f for f in frames if isinstance(f, VideoFrame)), None)
        return Media(
            duration_ms=duration_ms,
            container=container.format.name.split(",")[0],
            bit_rate=_bit_rate(container, duration_ms),
            start_ms=round(start_time(container) * 1000),
            video=_describe_video(container, video, picture, head, duration_ms, limits)
            if video
            else None,
            audio=tuple(describe_audio(s) for s in audio),
            subtitles=tuple(describe_subtitles(s) for s in container.streams.subtitles),
        )


def rotation(frame: VideoFrame) -> int:
    """Return the clockwise degrees that `frame` must be turned to stand upright, in steps of 90."""
    # FFmpeg's display matrix angle counts anticlockwise.
    return round(-frame.rotation / 90) % 4 * 90


def _window(stream: Iterator[Packet[Stream]]) -> Iterator[Packet[Stream]]:
    """Yield a bounded number of packets that carry data."""
    size = 0
    for packet in islice(stream, WINDOW_PACKETS):
        size += packet.size
        if packet.size:
            yield packet
        if size > WINDOW_BYTES:
            return


def _read_head(
    container: InputContainer, video: AvVideoStream | None, audio: list[AvAudioStream]
) -> tuple[list[Packet[Stream]], list[Frame]]:
    """Return the file's first packets, and one decoded frame of the picture and of the sound.

    Either may be missing: a track may hold nothing, or nothing that decodes.
    """
    streams: list[AvVideoStream | AvAudioStream] = [*audio[:1]]
    if video:
        # More threads would only delay the first picture.
        video.codec_context.thread_count = 1
        streams.append(video)
    wanted = {s.index for s in streams}
    head, frames = [], []
    for packet in _window(packets(container, *streams)):
        head.append(packet)
        if packet.stream_index in wanted:
            found = decoded(packet, Frame)
            if found:
                frames.append(found[0])
                wanted.discard(packet.stream_index)
    for index in wanted:  # a short file's only picture may still be inside the decoder
        frames += _flush(container.streams[index])[:1]
    return head, frames


def _flush(stream: Stream) -> list[Frame]:
    if not isinstance(stream, AvVideoStream | AvAudioStream):
        return []
    try:
        return list(stream.decode(None))
    except av.error.FFmpegError:
        return []


def _check_decodes(head: list[Packet[Stream]], frames: list[Frame]) -> None:
    if not head:
        raise StageError(
            "zero_duration", "The file holds no picture and no sound: export it again."
        )
    if any(p.has_sidedata("encryption_info") for p in head[:REORDERED]):
        raise StageError(
            "encrypted", "The file is encrypted (DRM): upload a copy without protection."
        )
    if not frames:
        raise StageError(
            "corrupt_media", "Neither picture nor sound can be decoded: export the file again."
        )


def _holds_nothing() -> StageError:
    return StageError("zero_duration", "The file holds no picture and no sound: export it again.")


def _bit_rate(container: InputContainer, duration_ms: int) -> int:
    return container.size * 8000 // duration_ms if container.size > 0 else container.bit_rate or 0


def _describe_video(
    container: InputContainer,
    stream: AvVideoStream,
    picture: VideoFrame | None,
    head: list[Packet[Stream]],
    duration_ms: int,
    limits: Limits,
) -> VideoStream:
    turn = rotation(picture) if picture else 0
    width, height = stream.codec_context.width, stream.codec_context.height
    if turn in (90, 270):
        width, height = height, width
    gaps = _gaps(container, stream, head, duration_ms)
    variable = uneven(gaps)
    rate = Fraction(stream.average_rate or stream.guessed_rate or stream.base_rate or 25)
    if variable and not stream.frames:  # Matroska states a rate, and then doesn't keep it
        rate = 1 / (Fraction(stream.time_base or 1) * sum(gaps) / len(gaps))
    if rate > limits.frame_rate:
        raise StageError(
            "too_high_frame_rate",
            f"The file has more than {limits.frame_rate} pictures a second: convert it to fewer.",
        )
    return VideoStream(
        codec=stream.codec_context.codec.canonical_name,
        width=width,
        height=height,
        rotation=turn,
        frame_rate=f"{rate.numerator}/{rate.denominator}",
        variable_frame_rate=variable,
        frames=stream.frames or max(1, round(rate * duration_ms / 1000)),
        pixel_format=stream.codec_context.pix_fmt or "unknown",
    )


def _gaps(
    container: InputContainer, stream: AvVideoStream, head: list[Packet[Stream]], duration_ms: int
) -> list[int]:
    """Return the times between pictures, in ticks, at the start and the middle of the file."""
    gaps = picture_gaps([p.pts for p in head if p.stream_index == stream.index])
    if duration_ms > 20_000 and seek(container, duration_ms // 2):
        gaps += picture_gaps([p.pts for p in _window(packets(container, stream))])
    return gaps


def picture_gaps(stamps: list[int | None]) -> list[int]:
    """Return the times between shown pictures, in ticks, from timestamps in stored order.

    The last few are left out: pictures shown between them may be stored later still.
    """
    shown = sorted(stamp for stamp in stamps if stamp is not None)
    if len(shown) > 4 * REORDERED:
        shown = shown[:-REORDERED]
    return [after - before for before, after in pairwise(shown)]


def uneven(gaps: list[int]) -> bool:
    """Tell whether more than 2 % of the gaps (ticks) differ from the usual one.

    One tick is rounding (Matroska counts in ms), and so is a tenth of the gap; a dropped or
    doubled picture here and there doesn't make the rate variable.
    """
    if not gaps:
        return False
    usual = mode(gaps)
    odd = sum(abs(gap - usual) > max(1, usual / 10) for gap in gaps)
    return odd > len(gaps) / 50
