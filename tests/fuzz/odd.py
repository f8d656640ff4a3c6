"""Files that are well formed by the letter, and odd: in their clocks, sounds, kinds and ends."""

import io
import random
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from tests import clips
from tests.fuzz.containers import (
    PICTURES,
    box,
    cluster,
    element,
    encode,
    matroska,
    number,
    pcm_track,
    put,
    track,
    tracks_of,
    whole,
)

_TEN_HOURS_MS = 36_000_000


def timed(_: Path) -> Iterator[tuple[str, bytes]]:
    """Clocks that stand, jump, and run backward."""
    for name, times in {
        "jumping": [0, 100, _TEN_HOURS_MS, 200, 300, 2 * _TEN_HOURS_MS, 400],
        "backward": [900, 800, 700, 600, 500],
        "far": [2**40, 2**40 + 100, 2**40 + 200],
        "standing": [0] * PICTURES,
    }.items():
        yield f"{name} pictures", slides(times)
        clusters = (cluster(at, (1, 0, bytes(640))) for at in times)
        yield f"{name} sound", matroska(tracks_of(pcm_track()), *clusters)
    for scale in (1, 2**40):
        info = element(0x1549A966, element(0x2AD7B1, number(scale)))
        clusters = (cluster(i, (1, -5 * i, bytes(640))) for i in range(20))
        yield f"time in units of {scale} ns", matroska(info, tracks_of(pcm_track()), *clusters)
    yield (
        "90,000 pictures a second",
        encode("matroska", picture="rawvideo", stamps=range(200), rate=90_000),
    )
    parts = whole("fragmented.mp4").split(b"moof")
    yield "a fragment missing", b"moof".join(parts[:1] + parts[2:])
    yield "fragments reversed", b"moof".join(parts[:1] + parts[:0:-1])
    yield "one picture", encode("mp4", stamps=[0])
    yield "no picture", encode("mp4", stamps=[])
    yield "two sizes", whole("ts") + encode("mpegts", picture="mpeg2video", size=(320, 180))
    yield "two files", whole("mp4") + whole("mp4")


def sounding(_: Path) -> Iterator[tuple[str, bytes]]:
    """Rates and channels that no ear has."""
    wav = whole("wav")
    at = wav.index(b"fmt ") + 8
    for rate in (0, 1, 11, 2**31 - 1, 2**32 - 1):
        yield f"{rate} Hz", put(wav, at + 4, "<I", rate)
    for channels in (0, 3, 64, 255, 65535):
        yield f"{channels} channels", put(wav, at + 2, "<H", channels)
    for bits in (0, 3, 24, 65535):
        yield f"{bits} bits", put(wav, at + 14, "<H", bits)
    yield "blocks of nothing", put(wav, at + 12, "<H", 0)
    yield "unknown codec", put(wav, at, "<H", 0x7777)
    yield "one sample", wav[: wav.index(b"data") + 4] + struct.pack("<Ih", 2, 1)
    loud = np.full(16_000, -32768, "<i2").tobytes()
    yield "loudest", wav[: wav.index(b"data") + 4] + struct.pack("<I", len(loud)) + loud
    unheard = element(
        0xE1, element(0xB5, struct.pack(">d", float("nan"))), element(0x9F, number(1))
    )
    yield (
        "not a number of Hz",
        matroska(tracks_of(track(1, 2, b"A_PCM/INT/LIT", unheard)), cluster(0, (1, 0, bytes(640)))),
    )


def posing(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Files that are something else, or two things at once."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil.txt", bytes(10_000_000))
        archive.writestr("moov", whole("mp4"))
    zipped = packed.getvalue()
    page = f"<html><script>alert('{canary}')</script></html>".encode()
    yield "zip", zipped
    yield "mp4 and zip", whole("mp4") + zipped
    yield "page", page
    yield "page and mp4", box(b"free", page) + whole("mp4")
    yield "pdf and mp4", box(b"free", b"%PDF-1.7\n%%EOF\n") + whole("mp4")
    yield "gif and ts", b"GIF89a" + bytes(182) + whole("ts")
    yield "playlist and ts", f"#EXTM3U\n{canary}\n".encode().ljust(188, b"\n") + whole("ts")
    yield "mp3 tag and mp4", b"ID3\4\0\0\0\0\x7f\x7f" + whole("mp4")
    yield "program", b"\x7fELF\2\1\1" + bytes(2000)
    yield "script", b"#!/bin/sh\ncat " + str(canary).encode() + b"\n"
    yield "pickle", b"\x80\x04cos\nsystem\n(S'true'\ntR."
    yield "nothing", b"\0"
    yield "zeros", bytes(100_000)
    yield "noise", random.Random(1).randbytes(100_000)


def torn(_: Path) -> Iterator[tuple[str, bytes]]:
    """Files that end where it hurts: within a size, a name, the first packet."""
    for suffix in ("mp4", "fast.mp4", "mkv", "ts", "flac"):
        data = whole(suffix)
        for length in (1, 4, 7, 12, 40, len(data) // 2, len(data) - 1):
            yield f"{suffix} of {length} bytes", data[:length]


def slides(times_ms: list[int], *more: bytes) -> bytes:
    """Return a Matroska file of JPEG pictures at these times; `more` is said of the picture."""
    size = element(0xE0, element(0xB0, number(64)), element(0xBA, number(48)), *more)
    shown = cv2.imencode(".jpg", clips.scene(0, 0, (64, 48)))[1].tobytes()
    clusters = (cluster(at, (1, 0, shown)) for at in times_ms)
    return matroska(tracks_of(track(1, 1, b"V_MJPEG", size)), *clusters)
