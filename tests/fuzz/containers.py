"""Small whole files of many formats, and the bricks to build broken ones: boxes and EBML elements."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from tests import clips

WIDTH, HEIGHT, RATE, PICTURES = 64, 48, 10, 8
SAMPLE_RATE = 16_000

WHOLE: dict[str, tuple[str, str | None, str | None, dict[str, str]]] = {
    "mp4": ("mp4", "libx264", "aac", {}),
    "fast.mp4": ("mp4", "libx264", "aac", {"movflags": "faststart"}),
    "fragmented.mp4": ("mp4", "libx264", "aac", {"movflags": "frag_keyframe+empty_moov"}),
    "jpeg.mov": ("mov", "mjpeg", "pcm_s16le", {}),
    "png.mov": ("mov", "png", None, {}),
    "mkv": ("matroska", "libx264", "flac", {}),
    "ffv1.mkv": ("matroska", "ffv1", "pcm_s16le", {}),
    "webm": ("webm", "libvpx", "libopus", {}),
    "ts": ("mpegts", "mpeg2video", "mp2", {}),
    "avi": ("avi", "mpeg4", "libmp3lame", {}),
    "flv": ("flv", "flv1", "aac", {}),
    "wmv": ("asf", "wmv2", "libmp3lame", {}),
    "nut": ("nut", "huffyuv", "pcm_s16le", {}),
    "y4m": ("yuv4mpegpipe", "wrapped_avframe", None, {}),
    "ivf": ("ivf", "libvpx", None, {}),
    "ogg": ("ogg", None, "libopus", {}),
    "wav": ("wav", None, "pcm_s16le", {}),
    "flac": ("flac", None, "flac", {}),
    "mp3": ("mp3", None, "libmp3lame", {}),
    "aac": ("adts", None, "aac", {}),
    "caf": ("caf", None, "pcm_s16be", {}),
    "aiff": ("aiff", None, "pcm_s16be", {}),
}
"""Suffix → format, picture and sound codec, options of the muxer."""
_PIXELS = {"mjpeg": "yuvj420p", "png": "rgb24", "huffyuv": "yuv422p"}


def whole(suffix: str) -> bytes:
    """Return a file of 0.8 s in the form that `WHOLE` gives."""
    kind, picture, sound, options = WHOLE[suffix]
    stamps = range(PICTURES)
    return encode(kind, picture=picture, sound=sound, stamps=stamps, options=options)


def encode(
    kind: str,
    *,
    picture: str | None = "mpeg4",
    sound: str | None = None,
    stamps: Sequence[int] = range(PICTURES),
    size: tuple[int, int] = (WIDTH, HEIGHT),
    rate: int = RATE,
    sample_rate: int = 48_000,
    options: dict[str, str] | None = None,
) -> bytes:
    """Return a file of scenes and a tone; `stamps` are the pictures' times in ticks of 1/`rate`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        _write(path, kind, picture, sound, stamps, size, rate, sample_rate, options or {})
        return path.read_bytes()


def _write(
    path: Path,
    kind: str,
    picture: str | None,
    sound: str | None,
    stamps: Sequence[int],
    size: tuple[int, int],
    rate: int,
    sample_rate: int,
    options: dict[str, str],
) -> None:
    with av.open(path, "w", format=kind, options=options) as container:
        drawn = _pictures_stream(container, picture, size, rate) if picture else None
        heard = container.add_stream(sound, rate=sample_rate) if sound else None
        container.start_encoding()  # writes the header even where nothing follows
        if drawn is not None:
            scene = clips.scene(0, 0, (max(size[0], 64), max(size[1], 48)))
            for index, stamp in enumerate(stamps):
                shown = np.roll(scene, index, axis=1)[: size[1], : size[0]]
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="bgr24")
                frame.pts, frame.time_base = stamp, Fraction(1, rate)
                container.mux(drawn.encode(frame))
            container.mux(drawn.encode(None))
        if heard is not None:
            _encode_tone(container, cast("AudioStream", heard), sample_rate)


def _pictures_stream(container: Any, codec: str, size: tuple[int, int], rate: int) -> VideoStream:
    stream = cast("VideoStream", container.add_stream(codec, rate=rate))
    stream.width, stream.height = size
    stream.pix_fmt = _PIXELS.get(codec, "yuv420p")
    stream.codec_context.time_base = Fraction(1, rate)
    stream.codec_context.thread_count = 1
    return stream


def _encode_tone(container: Any, stream: AudioStream, rate: int) -> None:
    seconds = PICTURES / RATE
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
    layout = stream.layout.name
    block = stream.codec_context.frame_size or 1024
    resampler = av.AudioResampler(stream.format.name, layout, rate, frame_size=block)
    whole = av.AudioFrame.from_ndarray(
        (wave * 32767).astype(np.int16)[None], format="s16", layout="mono"
    )
    whole.sample_rate, whole.pts, whole.time_base = rate, 0, Fraction(1, rate)
    for frame in (*resampler.resample(whole), *resampler.resample(None)):
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def box(kind: bytes, *content: bytes, size: int | None = None) -> bytes:
    """Return a box of ISO media files (ISO/IEC 14496-12); `size` may lie."""
    payload = b"".join(content)
    return struct.pack(">I", len(payload) + 8 if size is None else size) + kind + payload


def element(ident: int, *content: bytes, size: int | None = None) -> bytes:
    """Return an element of Matroska (RFC 8794), its size in eight bytes; `size` may lie."""
    payload = b"".join(content)
    ident_bytes = ident.to_bytes((ident.bit_length() + 7) // 8)
    stated = len(payload) if size is None else size
    return ident_bytes + (stated | 1 << 56).to_bytes(8) + payload


def number(value: int) -> bytes:
    """Return an EBML unsigned integer."""
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8))


def matroska(*segment: bytes) -> bytes:
    """Return a Matroska file whose segment holds these elements."""
    head = element(0x1A45DFA3, element(0x4282, b"matroska"))
    return head + element(0x18538067, *segment)


def track(number_: int, kind: int, codec: bytes, *more: bytes) -> bytes:
    """Return a Matroska track; `kind`: 1 picture, 2 sound, 17 subtitle."""
    ids = (element(0xD7, number(number_)), element(0x73C5, number(number_)))
    return element(0xAE, *ids, element(0x83, number(kind)), element(0x86, codec), *more)


def cluster(at: int, *blocks: tuple[int, int, bytes]) -> bytes:
    """Return a Matroska cluster at time `at` of blocks (track, offset, data)."""
    packed = (
        element(0xA3, bytes([0x80 | of]) + struct.pack(">hB", offset, 0x80) + data)
        for of, offset, data in blocks
    )
    return element(0x1F43B675, element(0xE7, number(at)), *packed)


def put(data: bytes, at: int, form: str, *values: int) -> bytes:
    """Return `data` with other numbers at `at`, in the form that `struct` knows."""
    changed = bytearray(data)
    struct.pack_into(form, changed, at, *values)
    return bytes(changed)


def tracks_of(*tracks: bytes) -> bytes:
    """Return the element that holds these Matroska tracks."""
    return element(0x1654AE6B, *tracks)


def pcm_track(*more: bytes) -> bytes:
    """Return a Matroska track of plain sound, 16 kHz, mono."""
    rate = element(0xB5, struct.pack(">d", 16_000.0))
    return track(
        1,
        2,
        b"A_PCM/INT/LIT",
        element(0xE1, rate, element(0x9F, number(1)), element(0x6264, number(16))),
        *more,
    )
