"""One short film in the many forms in which people upload it: see `test_inputs`."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import cv2
import numpy as np

from tests import clips
from tests.clips import RATE, Picture

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.video.stream import VideoStream

FRAME_MS = 1000 // RATE
SHOTS_MS = (1600, 1200, 1200)
TITLE, TITLE_MS = "HARBOUR", (1720, 3520)
TONES_MS = ((1000, 1600), (2200, 3000))
_HZ = 48_000


def film(fields: int = 1) -> Iterator[Picture]:
    """Draw three panning scenes and a title; with two `fields`, twice as many pictures a second."""
    steps = sum(SHOTS_MS) * RATE * fields // 1000
    bounds = [0, *clips.cuts(SHOTS_MS), sum(SHOTS_MS)]
    for step in range(steps):
        at_ms = 1000 * step / (RATE * fields)
        shot = sum(at_ms >= cut for cut in bounds[1:-1])
        picture = clips.scene(shot, round((at_ms - bounds[shot]) / FRAME_MS))
        if TITLE_MS[0] <= at_ms < TITLE_MS[1]:
            for colour, width in (((0,) * 3, 8), ((255,) * 3, 3)):
                cv2.putText(picture, TITLE, (50, 110), 0, 1.4, colour, width, cv2.LINE_AA)
        yield picture


def _sound() -> Iterator[av.AudioFrame]:
    at = np.arange(sum(SHOTS_MS) * _HZ // 1000)
    heard = sum((at >= a * _HZ // 1000) & (at < b * _HZ // 1000) for a, b in TONES_MS)
    wave = (0.3 * np.sin(2 * np.pi * 440 * at / _HZ) * heard).astype(np.float32)
    for start in range(0, len(wave), 1024):
        chunk = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], "fltp", "mono")
        chunk.sample_rate, chunk.pts, chunk.time_base = _HZ, start, Fraction(1, _HZ)
        yield chunk


def store(
    path: Path,
    pictures: Iterable[Picture | av.VideoFrame] | None = None,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    sound: str = "aac",
    turn: int = 0,
    times_ms: Iterable[int] | None = None,
    muxer: dict[str, str] | None = None,
    encoder: dict[str, str] | None = None,
) -> None:
    """Encode the film in `path`'s format.

    `turn`: clockwise degrees that a player has to turn the stored pictures. `times_ms`: when each
    picture is shown.
    """
    base = Fraction(1, 1000 if times_ms is not None else RATE)
    stamps = iter(times_ms) if times_ms is not None else count()
    with av.open(path, "w", options=muxer or {}) as container:
        options = clips.SAME_BYTES.get(codec, {}) | (encoder or {})
        video = cast("VideoStream", container.add_stream(codec, rate=RATE, options=options))
        video.width, video.height = clips.SIZE if turn % 180 == 0 else clips.SIZE[::-1]
        video.pix_fmt = pixels
        video.codec_context.time_base = base
        video.codec_context.thread_count = 1
        if turn:
            video.set_display_rotation(-turn)
        heard = cast("AudioStream", container.add_stream(sound, rate=_HZ, layout="mono"))
        resampler = av.AudioResampler(heard.codec_context.format, "mono", heard.rate)
        container.start_encoding()
        for picture in pictures if pictures is not None else film():
            frame = picture if isinstance(picture, av.VideoFrame) else _stored(picture, turn)
            frame.pts, frame.time_base = next(stamps), base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for chunk in (*_sound(), None):
            for part in resampler.resample(chunk):
                container.mux(heard.encode(part))
        container.mux(heard.encode(None))


def _stored(picture: Picture, turn: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(np.rot90(picture, turn // 90)), "bgr24")


def woven() -> Iterator[av.VideoFrame]:
    """Weave two fields into each frame, the upper lines first; cuts lie between the two."""
    fields = (_converted(picture) for picture in chain(islice(film(2), 1), film(2)))
    for upper, lower in zip(fields, fields, strict=False):
        # Colours, too: each line is one field's alone.
        for whole, plane in zip(_planes(upper), _planes(lower), strict=True):
            whole[1::2] = plane[1::2]
        yield av.VideoFrame.from_ndarray(upper, "yuv420p")


def _converted(picture: Picture) -> Picture:
    frame = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format="yuv420p")
    return cast("Picture", frame.to_ndarray())


def _planes(picture: Picture) -> list[Picture]:
    """Return views of a 4:2:0 picture's three planes."""
    width, height = clips.SIZE
    luma, blue, red = np.split(picture, (height, height * 5 // 4))
    return [luma, blue.reshape(-1, width // 2), red.reshape(-1, width // 2)]


def uneven(path: Path) -> None:
    """Leave out pictures here and there, as phones and recorders of screens do."""
    kept = [i for i in range(sum(SHOTS_MS) // FRAME_MS) if i % 25 in {0, 24} or i % 3]
    drawn = list(film())
    store(path, [drawn[i] for i in kept], times_ms=[i * FRAME_MS for i in kept])


def _trimmed(path: Path) -> None:
    """Cut off the first second by an edit list, as editors do that copy streams."""
    whole = path.with_suffix(".whole.mp4")
    store(whole)
    with av.open(whole) as source, av.open(path, "w", options=_KEPT) as target:
        copies = [target.add_stream_from_template(stream) for stream in source.streams]
        for packet in source.demux():
            if packet.dts is None or packet.pts is None:
                continue
            earlier = round(TRIMMED_MS / 1000 / packet.time_base)
            packet.pts, packet.dts = packet.pts - earlier, packet.dts - earlier
            packet.stream = copies[packet.stream.index]
            target.mux(packet)


def joined(path: Path) -> None:
    """Put two recordings one after the other as `cat` does: the second has a clock of its own."""
    first, second = path.with_stem("first"), path.with_stem("second")
    form = _broadcast if path.suffix == ".mpg" else store
    form(first, muxer={"output_ts_offset": "500"} if path.stem == "from-later" else {})
    form(second)
    path.write_bytes(first.read_bytes() + second.read_bytes())


TRIMMED_MS = 1000
_KEPT = {"avoid_negative_ts": "disabled"}
_FIELDS = {"flags": "+ilme+ildct"}
_QUIET = {"x265-params": "log-level=none:pools=1:frame-threads=1"}
_FAST_VP9 = {"deadline": "realtime", "cpu-used": "8"}

_BITS = {"b": "3M"}
_broadcast = partial(store, codec="mpeg2video", sound="mp2")
_divx = partial(store, codec="mpeg4", sound="mp3")

FORMS: dict[str, Callable[[Path], None]] = {
    "turned-90.mp4": partial(store, turn=90),
    "turned-180.mp4": partial(store, turn=180),
    "turned-270.mov": partial(store, turn=270),
    "interlaced.ts": lambda path: _broadcast(path, woven(), encoder=_FIELDS | _BITS),
    "interlaced.mp4": lambda path: store(path, woven(), encoder={"x264-params": "tff=1:mbtree=0"}),
    "uneven.mkv": uneven,
    "offset.ts": partial(store, muxer={"output_ts_offset": "10"}),
    "offset.mp4": partial(store, muxer={"output_ts_offset": "3"}),
    "clock-runs-over.ts": partial(store, muxer={"output_ts_offset": "95441.5"}),
    "hevc-ten-bit.mp4": partial(store, codec="libx265", pixels="yuv420p10le", encoder=_QUIET),
    "vp9.webm": partial(store, codec="libvpx-vp9", sound="libopus", encoder=_FAST_VP9),
    "av1.mp4": partial(store, codec="libsvtav1", encoder={"preset": "12"}),
    "program.mpg": partial(_broadcast, encoder={"bf": "2"} | _BITS),
    "divx.avi": partial(_divx, encoder=_BITS),
    "reordered.avi": partial(store, sound="mp3"),
    "reordered-divx.avi": partial(_divx, encoder={"bf": "2"} | _BITS),
    "flash.flv": store,
    "trimmed.mp4": _trimmed,
}
