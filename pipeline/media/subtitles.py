"""Subtitles that people have made, read as cues: files, and tracks inside of media files.

FFmpeg reads them all, so a file and the track that a program made of it give the same. Their
texts are then its ASS dialogue, of which the words are kept and no style.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING

import av
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from pipeline.errors import StageError
from pipeline.media.container import open_media, packets, start_time
from pipeline.media.cues import MAX_MS, MIN_MS, clean_line, reading_ms
from pipeline.media.legacy_text import decode
from pipeline.results import Cue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from fractions import Fraction
    from pathlib import Path

    from av.container import InputContainer

    from pipeline.contract import Limits

TEXT_CODECS = ("ass", "mov_text", "subrip", "text", "webvtt")
"""FFmpeg's canonical names of the tracks that hold text; all others hold pictures of it."""
MAX_CUES = 50_000
MAX_TEXT = 1_000
"""Characters of one cue: what is longer is none, and is cut."""

_LATEST_MS = 100 * 3_600_000
"""No clock of a subtitle file goes further."""
_ASS_FIELDS = 8
"""That stand before the text of a dialogue line, apart by commas."""
_DRAWING = re.compile(r"\\p[1-9]")
# What FFmpeg writes for a brace, a style or a drawing, a line's end, a space.
_ASS = re.compile(r"\\\{\{\}|\{[^{}]*\}|\\[Nnh]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


@dataclass(frozen=True)
class Line:
    """What a subtitle says, as it stands in its file; times may be anything."""

    start_ms: int
    end_ms: int
    text: str


def read_file(content: bytes, language: str) -> Iterator[Line]:
    """Yield the lines of a SubRip or WebVTT file; `language` helps to tell its encoding."""
    text = re.sub(r"\r\n?", "\n", decode(content, language).replace("\0", ""))
    kind = "webvtt" if text.lstrip().startswith("WEBVTT") else "srt"
    # PyAV reads from what looks like a file: FFmpeg opens nothing.
    source = io.BytesIO(text.encode("utf-8", "replace"))
    with av.open(source, "r", format=kind, metadata_errors="replace") as container:
        for stream in container.streams.subtitles:
            yield from _lines(container, stream, start_s=0)


def read_track(
    path: Path, index: int, limits: Limits, report: Callable[[float], None]
) -> Iterator[Line]:
    """Yield the lines of the stream `index` of a media file.

    Raises `StageError` with `unknown_track` or `bitmap_subtitles`, or as `open_media` does.
    """
    with open_media(path, limits) as container:
        stream = next((s for s in container.streams if s.index == index), None)
        if not isinstance(stream, SubtitleStream):
            raise StageError("unknown_track", f"The file has no subtitles in its stream {index}.")
        if codec_of(stream) not in TEXT_CODECS:
            raise StageError(
                "bitmap_subtitles", "The track holds pictures of its words, which are not read."
            )
        end_s = (container.duration or 0) / av.time_base
        for line in _lines(container, stream, start_s=start_time(container)):
            if end_s:
                report(min(line.start_ms / 1000 / end_s, 1.0))
            yield line


def codec_of(stream: SubtitleStream) -> str:
    """Return the canonical name of a subtitle stream's codec; empty: FFmpeg cannot decode it."""
    context = stream.codec_context
    return context.codec.canonical_name if context is not None else ""


def cues(lines: Iterable[Line], duration_ms: int) -> tuple[Cue, ...]:
    """Return what can be shown of the lines as cues, in order of time; they may overlap.

    What begins before the video is cut there, what ends after it is cut at its end, and what lies
    behind its end has the flag `outside_audio`. What has no length gets what reading takes. Raises
    `StageError` with `not_subtitles`, `too_many_cues` or `outside_video`.
    """
    taken = list(islice(lines, MAX_CUES + 1))
    if len(taken) > MAX_CUES:
        raise StageError("too_many_cues", f"The subtitles have more than {MAX_CUES} cues.")
    # The same line twice is a shadow, or a layer of karaoke.
    found = {
        (cue.start_ms, cue.end_ms, cue.text): cue
        for line in taken
        if (cue := _cue(line, duration_ms)) is not None
    }
    if not found:
        raise StageError(
            "not_subtitles",
            "Nothing in it reads as a subtitle: send SubRip (.srt) or WebVTT (.vtt).",
        )
    if all(cue.flags for cue in found.values()):
        raise StageError(
            "outside_video", "All subtitles lie behind the video's end: they are another one's."
        )
    return tuple(found[key] for key in sorted(found, key=lambda key: key[:2]))


def _lines(
    container: InputContainer, stream: SubtitleStream, start_s: Fraction | int
) -> Iterator[Line]:
    codec = codec_of(stream)
    for packet in packets(container, stream):
        if packet.pts is None or not packet.size or packet.time_base is None:
            continue
        start_ms = round((packet.pts * packet.time_base - start_s) * 1000)
        length_ms = round((packet.duration or 0) * packet.time_base * 1000)
        try:
            said = packet.decode()
        except av.error.FFmpegError:
            continue  # one broken line does not spoil the others
        text = "\n".join(_plain(one, codec) for one in said if isinstance(one, AssSubtitle))
        yield Line(start_ms, start_ms + length_ms, text)


def _plain(said: AssSubtitle, codec: str) -> str:
    """Return the words of a dialogue line, without styles, drawings and tags."""
    text = said.ass.decode("utf-8", "replace")
    text = text.split(",", _ASS_FIELDS)[-1]
    if _DRAWING.search(text):
        return ""
    text = _ASS.sub(lambda found: _spelled(found[0]), text).replace("\u2060", "")
    if codec in ("mov_text", "text"):
        text = _TAG.sub("", text)  # that they know no tags keeps no program from writing some
    return unescape(text) if codec == "subrip" else text


def _spelled(mark: str) -> str:
    return {"\\{{}": "{", "\\N": "\n", "\\n": "\n", "\\h": " "}.get(mark, "")


def _cue(line: Line, duration_ms: int) -> Cue | None:
    """Return the line as a cue; None where nothing can be shown of it."""
    text = _clean(line.text)
    start_ms, end_ms = max(line.start_ms, 0), min(line.end_ms, _LATEST_MS)
    if not text or line.start_ms >= _LATEST_MS or (line.start_ms < 0 and line.end_ms <= 0):
        return None
    if end_ms <= start_ms:
        end_ms = start_ms + min(max(reading_ms(text), MIN_MS), MAX_MS)
    outside = start_ms >= duration_ms
    if not outside:
        end_ms = min(end_ms, duration_ms)
    return Cue(start_ms, end_ms, text, None, (), ("outside_audio",) if outside else ())


def _clean(text: str) -> str:
    """Return the text's lines without what is no character, cut to `MAX_TEXT`."""
    lines = map(clean_line, text.splitlines())
    clean = "\n".join(line for line in lines if line)
    return clean if len(clean) <= MAX_TEXT else clean[: MAX_TEXT - 1].rstrip() + "…"
