"""Media with tracks of subtitles, and subtitles in the forms in which people have them."""

import io
from fractions import Fraction
from pathlib import Path

import av

from tests.clips import SAMPLE

_STYLES = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Ships</i> leave & go.

2
00:00:03,000 --> 00:00:04,000
Two
lines
"""
VTT = """WEBVTT - Harbour

STYLE
::cue { color: red }

NOTE nobody says this

first
00:01.000 --> 00:02.500 align:left position:10%
<v Ann><i>Ships</i> leave &amp; <c.loud>go</c>.

NOTE nor this

00:03.000 --> 00:04.000
Two
lines
"""
ASS = (
    _STYLES
    + r"""Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,{\i1}Ships{\i0} leave & go.
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,Two\Nlines
Dialogue: 1,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\b1}Two\Nlines
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\p1}m 0 0 l 100 0{\p0}
"""
)
SAID = [(1_000, 2_500, "Ships leave & go."), (3_000, 4_000, "Two\nlines")]
"""What each of them says."""


def write(
    path: Path, *tracks: tuple[str, str], pictures: bool = False, seconds: float = 60
) -> None:
    """The sample's sound, so much of it, and its pictures if wished, with tracks of subtitles.

    Of each, FFmpeg's name of its form, and its text.
    Mp4 knows one kind of track, its own, in which a text follows its length in two bytes.
    """
    kinds = ("video", "audio") if pictures else ("audio",)
    with av.open(str(SAMPLE)) as source, av.open(str(path), "w") as target:
        copies = {
            stream: target.add_stream_from_template(stream)
            for kind in kinds
            for stream in source.streams.get({kind: 0})
        }
        texts = [av.open(io.BytesIO(text.encode()), "r", format=kind) for kind, text in tracks]
        told = []
        for text in texts:
            (stream,) = text.streams.subtitles
            if path.suffix == ".mp4":
                track = target.add_stream("mov_text")
                track.codec_context.subtitle_header = _STYLES.encode()
                track.time_base = Fraction(1, 1000)
            else:
                track = target.add_stream_from_template(stream)
            track.metadata.update(language="eng", title="As <b>said</b>")
            told.append(track)
        for text, track in zip(texts, told, strict=True):
            for packet in text.demux():
                if packet.pts is None:
                    continue
                if path.suffix == ".mp4":
                    words = bytes(packet)
                    boxed = av.Packet(len(words).to_bytes(2, "big") + words)
                    boxed.pts = boxed.dts = packet.pts
                    boxed.duration, boxed.time_base = packet.duration, packet.time_base
                    packet = boxed
                packet.stream = track
                target.mux(packet)
            text.close()
        for packet in source.demux(*copies):
            if packet.dts is not None and packet.dts * packet.time_base < seconds:
                packet.stream = copies[packet.stream]
                target.mux(packet)


def pictured(path: Path) -> None:
    """A track of pictures beside the sample's sound."""
    with av.open(str(SAMPLE)) as source, av.open(str(path), "w") as target:
        (sound,) = source.streams.audio
        copy = target.add_stream_from_template(sound)
        track = target.add_stream("dvbsub")
        track.time_base = Fraction(1, 1000)
        picture = av.Packet(b"\x20\x00" + bytes(30))
        picture.pts = picture.dts = 1_000
        picture.duration, picture.time_base = 1_000, Fraction(1, 1000)
        picture.stream = track
        target.mux(picture)
        for packet in source.demux(sound):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
