"""A transcript as files that players read: WebVTT, SubRip, plain text.

Texts come out of a recognition engine or an editor's hands, so nothing in them may open a tag,
end a cue or start another one. Pure functions; pysubs2 is no help here, because it reads tags in
the texts that it writes.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from html import escape
from typing import Protocol

from pipeline.media.cues import join


class TimedText(Protocol):
    """What a cue must have, row or dataclass."""

    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...
    @property
    def text(self) -> str: ...


def to_vtt(cues: Iterable[TimedText]) -> str:
    """Return a WebVTT file (W3C), with `&`, `<` and `>` as entities."""
    blocks = (
        f"{_clock(start_ms, '.')} --> {_clock(end_ms, '.')}\n"
        + escape("\n".join(lines), quote=False)
        for start_ms, end_ms, lines in _shown(cues)
    )
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def to_srt(cues: Iterable[TimedText]) -> str:
    """Return a SubRip file.

    SubRip has no escapes, so what players would take for a tag (`<i>`, `{\\an8}`) or for times
    (`-->`) is written with look-alikes.
    """
    blocks = (
        f"{number}\n{_clock(start_ms, ',')} --> {_clock(end_ms, ',')}\n{_untagged(lines)}\n"
        for number, (start_ms, end_ms, lines) in enumerate(_shown(cues), start=1)
    )
    return "\n".join(blocks)


def to_text(cues: Iterable[TimedText]) -> str:
    """Return the words alone, one line for each cue."""
    return "".join(f"{join(lines)}\n" for _, _, lines in _shown(cues))


def _shown(cues: Iterable[TimedText]) -> Iterator[tuple[int, int, list[str]]]:
    """Yield times and clean lines, without cues that show nothing."""
    for cue in cues:
        # A blank line would end the cue, and splitlines knows every kind of line end.
        lines = [line for raw in cue.text.splitlines() if (line := _clean(raw))]
        if lines and cue.start_ms < cue.end_ms:
            yield cue.start_ms, cue.end_ms, lines


def _clean(line: str) -> str:
    return "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs")).strip()


def _untagged(lines: list[str]) -> str:
    text = "\n".join(lines).replace("-->", "\N{RIGHTWARDS ARROW}")
    text = re.sub(r"<(?=[/!?a-zA-Z])", "\N{FULLWIDTH LESS-THAN SIGN}", text)
    return re.sub(r"\{(?=[^}]*\})", "\N{FULLWIDTH LEFT CURLY BRACKET}", text)


def _clock(at_ms: int, point: str) -> str:
    seconds, ms = divmod(at_ms, 1000)
    minutes, s = divmod(seconds, 60)
    h, m = divmod(minutes, 60)
    return f"{h:02}:{m:02}:{s:02}{point}{ms:03}"
