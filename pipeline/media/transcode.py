"""Makes a copy that every browser plays: MP4 with H.264 4:2:0 and AAC, or AAC alone for sound."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from pipeline.errors import StageError
from pipeline.media.audio import Aligner
from pipeline.media.container import (
    decoded,
    open_media,
    packets,
    picture_stream,
    sound_streams,
    start_time,
)
from pipeline.media.decode import Clock, usual_gap_ms
from pipeline.media.interlace import Deinterlacer
from pipeline.media.pictures import nothing_decodes, upright_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from pipeline.contract import Limits
    from pipeline.results import Media

_MS = Fraction(1, 1000)
_ANY_SIDE = 16_384  # x264 takes no more
_RGB = 0  # AVCOL_SPC_RGB, which no copy is
SAMPLE_RATE_HZ = 48_000
# libavfilter's `transpose`: 1 is a quarter turn clockwise, 2 the other way.
_TURNS = {90: ["transpose=1"], 180: ["transpose=1", "transpose=1"], 270: ["transpose=2"]}


EditPicture = Callable[[int, VideoFrame], VideoFrame]
"""Gets when the picture is shown, ms, and the picture, upright `yuv420p`; it may be written to."""
EditSound = Callable[[int, AudioFrame], AudioFrame]
"""Gets when the sound is heard, in samples of 1/48000 s, and the sound, stereo `fltp`."""


def transcode(
    source: Path,
    target: Path,
    *,
    media: Media,
    max_side: int | None,
    quality: int,
    threads: int,
    limits: Limits,
    report: Callable[[int], None],
    edit_picture: EditPicture = lambda _, frame: frame,
    edit_sound: EditSound = lambda _, frame: frame,
) -> None:
    """Write `source` to `target`, upright, on the timeline of the analysis.

    Where there is only one of pictures and sound, the copy has only that. It holds nothing else:
    no other tracks, chapters, tags, cover, or captions inside of the pictures.

    `max_side`: pixels of its longer side at most, None: as it is; `quality`: x264's CRF, lower is
    better; `report` is told the position, ms. What is encoded has passed `edit_picture` and
    `edit_sound`. Encoders: x264 (GPL) and FFmpeg's AAC, inside PyAV.
    Raises `StageError` (`no_decodable_picture`, `corrupt_media`) where nothing decodes.
    """
    options = {"movflags": "+faststart"}
    with (
        open_media(source, limits) as container,
        av.open(target, "w", format="mp4", options=options) as out,
    ):
        tracks: list[_Pictures | _Sound] = []
        if stream := picture_stream(container):
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = threads
            turn = media.video.rotation if media.video else 0
            tracks.append(_Pictures(container, stream, out, turn, max_side, quality, edit_picture))
        if sounds := sound_streams(container):
            tracks.append(_Sound(sounds[0], out, media, edit_sound))
        if not tracks:
            raise StageError("corrupt_media", "The file has no picture or sound to copy.")
        by_stream = {track.stream.index: track for track in tracks}
        for packet in packets(container, *(track.stream for track in tracks)):
            by_stream[packet.stream.index].encode(packet)
            report(tracks[0].at_ms)
        for track in tracks:
            track.finish()
        if tracks[0].at_ms < 0:
            raise _nothing_in(tracks[0])


class _Pictures:
    """The video track: decoded, turned and scaled, encoded with the times of the timeline."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        out: OutputContainer,
        turn: int,
        max_side: int | None,
        quality: int,
        edit: EditPicture,
    ) -> None:
        self.stream = stream
        self.at_ms = -1
        self._edit = edit
        self._whole = Deinterlacer()
        self._turn = turn
        self._graph: Graph | None = None
        self._graph_of: tuple[int, int, str] | None = None
        context = stream.codec_context
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        longest = max_side or _ANY_SIDE
        width, height = upright_size(context.width, context.height, aspect, turn, longest)
        self._size = (width // 2 * 2, height // 2 * 2)  # 4:2:0 halves both
        self._clock = Clock(
            Fraction(stream.time_base or 1), start_time(container), usual_gap_ms(stream)
        )
        self._out = out
        self._target = out.add_stream("libx264", rate=stream.average_rate or 25)
        self._target.width, self._target.height = self._size
        self._target.pix_fmt = "yuv420p"
        self._target.time_base = self._target.codec_context.time_base = _MS
        self._keep_colours()
        # Broadcasts carry captions inside of the pictures; x264 would keep them.
        self._target.options = {"crf": str(quality), "preset": "veryfast", "a53cc": "0"}

    def encode(self, packet: Packet[Stream]) -> None:
        for frame in decoded(packet, VideoFrame):
            if not frame.is_corrupt:
                self.at_ms = self._clock.read(frame.pts, frame.dts)
                self._write(self._whole.feed(self.at_ms, frame))

    def finish(self) -> None:
        self._write(self._whole.finish())
        self._out.mux(self._target.encode(None))

    def _write(self, shown: Iterator[tuple[int, VideoFrame]]) -> None:
        for at_ms, frame in shown:
            upright = self._edit(at_ms, self._upright(frame))
            upright.pts, upright.time_base = at_ms, _MS
            self._out.mux(self._target.encode(upright))

    def _keep_colours(self) -> None:
        """Have the copy say what its numbers mean, as the original does; ranges are made one."""
        source, target = self.stream.codec_context, self._target.codec_context
        target.color_range = ColorRange.MPEG
        if source.colorspace != _RGB:
            target.colorspace = source.colorspace
            target.color_primaries, target.color_trc = source.color_primaries, source.color_trc

    def _upright(self, frame: VideoFrame) -> VideoFrame:
        # Size and format may change in mid-stream; a graph is built for one of each.
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None or self._graph_of != shape:
            self._graph, self._graph_of = self._build(frame), shape
        self._graph.push(frame)
        return cast("VideoFrame", self._graph.pull())

    def _build(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        width, height = self._size
        steps = [
            *_TURNS.get(self._turn, []),
            f"scale={width}:{height}:out_range=limited",
            "setsar=1",
            "format=yuv420p",
        ]
        filters = [step.split("=", 1) for step in steps]
        nodes = [
            graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=_MS
            ),
            *(graph.add(name, arguments) for name, arguments in filters),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph


class _Sound:
    """The first audio track, as stereo AAC at 48 kHz."""

    def __init__(
        self, stream: AudioStream, out: OutputContainer, media: Media, edit: EditSound
    ) -> None:
        self.stream = stream
        self.at_ms = -1
        self._edit = edit
        self._out = out
        self._aligner = Aligner(
            start_ms=media.start_ms,
            duration_ms=media.duration_ms,
            sample_format="fltp",
            layout="stereo",
            rate_hz=SAMPLE_RATE_HZ,
        )
        self._target = out.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="stereo")
        self._target.bit_rate = 128_000
        self._next = 0

    def encode(self, packet: Packet[Stream]) -> None:
        for frame in decoded(packet, AudioFrame):
            self._mux(self._aligner.push(frame))

    def finish(self) -> None:
        self._mux(self._aligner.finish())
        self._out.mux(self._target.encode(None))

    def _mux(self, frames: Iterator[AudioFrame]) -> None:
        for aligned in frames:
            frame = self._edit(self._next, aligned)
            frame.pts, frame.time_base = self._next, Fraction(1, SAMPLE_RATE_HZ)
            self._next += frame.samples
            self.at_ms = self._next * 1000 // SAMPLE_RATE_HZ
            self._out.mux(self._target.encode(frame))


def _nothing_in(track: _Pictures | _Sound) -> StageError:
    if isinstance(track, _Pictures):
        return nothing_decodes()
    return StageError("corrupt_media", "No sound of the file can be decoded.")
