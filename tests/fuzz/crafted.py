"""Files made by hand to do harm: each says one thing that is not so, or too much of something."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.containers import (
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
from tests.fuzz.odd import posing, slides, sounding, timed, torn

_TEN_HOURS_MS = 36_000_000
_VAST = 16_000


def crafted(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (what it is, content); some name the file `canary`, which nobody may read."""
    for make in (_pointing, _lying, _vast, _nested, _crowded, timed, sounding, posing, torn):
        for name, content in make(canary):
            yield f"{make.__name__.strip('_')} {name}", content


def _pointing(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Playlists, scripts and references that name a file of the server's."""
    texts = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{canary}\n#EXT-X-ENDLIST\n",
        "hls by protocol": f"#EXTM3U\n#EXTINF:9,\nconcat:{canary}|file://{canary}\n",
        "hls key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="file://{canary}"\n#EXTINF:9,\na.ts\n',
        "ffconcat": f"ffconcat version 1.0\nfile '{canary}'\nduration 10\n",
        "dash": f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period>'
        f"<BaseURL>file://{canary}</BaseURL></Period></MPD>",
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\ns={canary}\n",
        "smil": f'<smil><body><video src="file://{canary}"/></body></smil>',
        "xspf": f"<playlist><trackList><track><location>file://{canary}</location></track></trackList></playlist>",
        "asx": f'<asx version="3.0"><entry><ref href="file://{canary}"/></entry></asx>',
        "real": f".RMF\nfile://{canary}\n",
        "images": f"{canary}%03d.png\n",
        "subtitles": f"WEBVTT\n\n00:00.000 --> 00:09.000\n{canary}\n",
        "filter": f"movie={canary}[out0]\n",
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file://{canary}"/></svg>',
    }
    yield from ((name, text.encode()) for name, text in texts.items())
    url = str(canary).encode() + b"\0"
    reference = box(
        b"rmra", box(b"rmda", box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(url)), url))
    )
    yield "QuickTime reference movie", box(b"ftyp", b"qt  ", bytes(4)) + box(b"moov", reference)
    yield "external data", _external(url)
    linked = element(0x1549A966, element(0x7384, str(canary).encode()), element(0x3C83AB, url))
    yield "linked segments", matroska(linked)


def _external(url: bytes) -> bytes:
    """Return an mp4 whose samples lie in another file."""
    data = whole("mp4")
    inside = box(b"url ", bytes(3) + b"\1")
    outside = box(b"url ", bytes(4), b"file://", url)
    return data.replace(inside, outside)


def _lying(_: Path) -> Iterator[tuple[str, bytes]]:
    """Headers that state another length than there is."""
    data = whole("mp4")
    for name in (b"mvhd", b"tkhd", b"mdhd"):
        at = data.index(name) + 4
        place = at + {b"mvhd": 16, b"tkhd": 20, b"mdhd": 16}[name]
        yield f"ten hours in {name.decode()}", put(data, place, ">I", 2**31 - 1)
    yield "no time scale", put(data, data.index(b"mvhd") + 16, ">I", 0)
    yield "vast time scale", put(data, data.index(b"mdhd") + 16, ">I", 2**32 - 1)
    wav = whole("wav")
    yield "ten hours of wav", put(wav, wav.index(b"data") + 4, "<I", 2**32 - 2)
    long = element(
        0x1549A966,
        element(0x2AD7B1, number(10**6)),
        element(0x4489, struct.pack(">d", _TEN_HOURS_MS)),
    )
    yield (
        "ten hours, one packet",
        matroska(long, tracks_of(pcm_track()), cluster(0, (1, 0, bytes(640)))),
    )
    gap = (cluster(0, (1, 0, bytes(640))), cluster(_TEN_HOURS_MS, (1, 0, bytes(640))))
    yield "ten hours between two packets", matroska(tracks_of(pcm_track()), *gap)
    avi = whole("avi")
    yield "frames by the billion", put(avi, avi.index(b"avih") + 24, "<I", 2**31)
    yield "flac without end", put(whole("flac"), 21, ">I", 0xFFFFFFFF)


def _vast(_: Path) -> Iterator[tuple[str, bytes]]:
    """Pictures that would take gigabytes."""
    side = str(_VAST).encode()
    yield "y4m", b"YUV4MPEG2 W" + side + b" H" + side + b" F25:1 C420\nFRAME\n" + bytes(5000)
    ivf = whole("ivf")
    yield "ivf", put(put(ivf, 12, "<H", _VAST), 14, "<H", _VAST)
    png = whole("png.mov")
    header = png.index(b"IHDR")
    png = put(png, header + 4, ">II", _VAST, _VAST)
    checksum = zlib.crc32(png[header : header + 17])
    yield "png", put(png, header + 17, ">I", checksum)
    entry = png.index(b"stsd") + 44
    yield (
        "png, header too",
        put(put(png, header + 17, ">I", checksum), entry, ">HH", _VAST, _VAST),
    )
    jpeg = bytearray(whole("jpeg.mov"))
    at = -1
    while (at := jpeg.find(b"\xff\xc0", at + 1)) >= 0:
        struct.pack_into(">HH", jpeg, at + 5, _VAST, _VAST)
    yield "jpeg", bytes(jpeg)
    size = (element(0xB0, number(_VAST)), element(0xBA, number(_VAST)))
    for codec in (b"V_MJPEG", b"V_UNCOMPRESSED", b"V_VP9", b"V_AV1", b"V_MPEG4/ISO/AVC"):
        picture = track(1, 1, codec, element(0xE0, *size))
        yield (
            codec.decode(),
            matroska(tracks_of(picture), cluster(0, (1, 0, b"\xff\xd8\xff" + bytes(99)))),
        )
    yield "narrow", encode("matroska", picture="ffv1", size=(8, 2000))
    yield "flat", encode("matroska", picture="ffv1", size=(2000, 8))
    yield "one line", encode("matroska", size=(8000, 1))
    yield "one column", encode("matroska", size=(1, 8000))
    yield "one pixel", encode("matroska", picture="ffv1", size=(2, 2))
    shown = (element(0x54B0, number(65_535)), element(0x54BA, number(1)))
    yield "stretched", slides([0, 100, 200], *shown)


def _nested(_: Path) -> Iterator[tuple[str, bytes]]:
    """Boxes in boxes, and boxes larger than any file."""
    deep = b""
    for _level in range(5000):
        deep = struct.pack(">I", len(deep) + 8) + b"moov" + deep
    head = box(b"ftyp", b"isom", bytes(4))
    yield "moov in moov", head + deep
    deep = b""
    for _level in range(3000):
        deep = element(0x7373, deep)
    yield "tags in tags", matroska(element(0x1254C367, deep))
    yield "empty moov", head + box(b"moov")
    yield "only ftyp", head
    yield "moov without end", head + box(b"moov", whole("mp4")[-2000:], size=0)
    yield (
        "box of 2^63",
        head + struct.pack(">I", 1) + b"moov" + struct.pack(">Q", 2**63) + bytes(64),
    )
    for name in (b"stsz", b"stts", b"stsc", b"ctts", b"stco", b"elst"):
        table = box(
            name, bytes(4), bytes(4) if name == b"stsz" else b"", struct.pack(">I", 2**31 - 1)
        )
        data = whole("mp4")
        if name in data:
            at = data.index(name) - 4
            yield f"{name.decode()} by the billion", data[:at] + table + data[at + len(table) :]
    yield "element of 2^56", matroska(element(0x1654AE6B, size=2**55))
    yield "zlib bomb", _compressed(zlib.compress(bytes(50_000_000), 9))


def _compressed(data: bytes) -> bytes:
    """Return a Matroska file whose one packet is deflated."""
    encoding = element(0x6D80, element(0x6240, element(0x5034, element(0x4254, number(0)))))
    sound = pcm_track(encoding)
    parts = [data[at : at + 30_000] for at in range(0, len(data), 30_000)]
    return matroska(
        tracks_of(sound),
        cluster(0, *((1, 0, part) for part in parts[:1])),
        cluster(9, (1, 0, data)),
    )


def _crowded(_: Path) -> Iterator[tuple[str, bytes]]:
    """Streams, tags, chapters, subtitles and attachments by the thousand."""
    for count in (90, 3000):
        many = (
            track(i, 2, b"A_PCM/INT/LIT", element(0xE1, element(0x9F, number(1))))
            for i in range(1, count)
        )
        yield f"{count} tracks", matroska(element(0x1654AE6B, *many), cluster(0, (1, 0, bytes(64))))
    data = whole("mp4")
    moov = data[data.index(b"moov") - 4 :]
    trak = moov[moov.index(b"trak") - 4 :][
        : struct.unpack(">I", moov[moov.index(b"trak") - 4 :][:4])[0]
    ]
    header = data[: data.index(b"moov") - 4]
    yield "1500 traks", header + box(b"moov", moov[8 : moov.index(b"trak") - 4], trak * 1500)
    subtitle = track(2, 17, b"S_TEXT/UTF8")
    lines = (cluster(i, (2, 0, b"line\n" * 20)) for i in range(20_000))
    yield (
        "subtitle bomb",
        matroska(tracks_of(pcm_track(), subtitle), cluster(0, (1, 0, bytes(640))), *lines),
    )
    font = element(
        0x61A7,
        element(0x466E, b"../../font.ttf"),
        element(0x4660, b"font/ttf"),
        element(0x465C, bytes(2**20)),
    )
    yield (
        "attachments",
        matroska(
            tracks_of(pcm_track()), element(0x1941A469, *[font] * 8), cluster(0, (1, 0, bytes(640)))
        ),
    )
    tag = element(
        0x67C8, element(0x45A3, b"TITLE"), element(0x4487, "\u202egpj.exe\x00\n".encode() * 1000)
    )
    yield (
        "tags",
        matroska(
            tracks_of(pcm_track()),
            element(0x1254C367, *[element(0x7373, tag)] * 100),
            cluster(0, (1, 0, bytes(640))),
        ),
    )
    yield (
        "20,000 tiny pictures",
        encode("matroska", picture="rawvideo", stamps=range(20_000), size=(2, 2), rate=250),
    )
