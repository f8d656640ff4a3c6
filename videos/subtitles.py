"""A transcript as files that players read: WebVTT, SubRip, plain text.

Texts come out of a recognition engine or an editor's hands, so nothing in them may open a tag,
end a cue or start another one. Pure functions; pysubs2 is no help here, because it reads tags in
the texts that it writes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import escape

from pipeline.media.captions import Caption
from pipeline.media.cues import MAX_LINE, clean_line, clean_name, columns, join


def to_vtt(captions: Iterable[Caption]) -> str:
    """Return a WebVTT file (W3C), with `&`, `<` and `>` as entities; speakers as voices (`<v …>`)."""
    blocks = (
        f"{_clock(caption.start_ms, '.')} --> {_clock(caption.end_ms, '.')}\n"
        + (f"<v {escape(caption.speaker, quote=False)}>" if caption.speaker else "")
        + escape(caption.text, quote=False)
        for caption in _shown(captions)
    )
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def to_srt(captions: Iterable[Caption]) -> str:
    """Return a SubRip file, with the speaker's name where another one begins to speak.

    SubRip has no escapes, so what players would take for a tag (`<i>`, `{\\an8}`) or for times
    (`-->`) is written with look-alikes.
    """
    blocks = (
        f"{number}\n{_clock(caption.start_ms, ',')} --> {_clock(caption.end_ms, ',')}\n"
        f"{_untagged(_labelled(caption.text, name))}\n"
        for number, (caption, name) in enumerate(_introduced(_shown(captions)), start=1)
    )
    return "\n".join(blocks)


def to_text(captions: Iterable[Caption]) -> str:
    """Return the words alone, one line for each caption, with the name where the speaker changes."""
    return "".join(
        (f"{name}: " if name else "") + join(caption.text.split("\n")) + "\n"
        for caption, name in _introduced(_shown(captions))
    )


def _shown(captions: Iterable[Caption]) -> Iterator[Caption]:
    """Yield captions with clean lines and names, without those that show nothing."""
    for caption in captions:
        # A blank line would end the cue, and splitlines knows every kind of line end.
        lines = [line for raw in caption.text.splitlines() if (line := clean_line(raw))]
        if lines and caption.start_ms < caption.end_ms:
            yield replace(caption, text="\n".join(lines), speaker=clean_name(caption.speaker))


def _introduced(captions: Iterable[Caption]) -> Iterator[tuple[Caption, str]]:
    """Yield captions, each with its speaker's name where another one spoke before."""
    before = ""
    for caption in captions:
        yield caption, caption.speaker if caption.speaker != before else ""
        before = caption.speaker


def _labelled(text: str, name: str) -> str:
    """Put the name before the text, on a line of its own where it fits better."""
    if not name:
        return text
    beside = columns(f"{name}: {text}") <= MAX_LINE or "\n" in text
    return f"{name}:{' ' if beside else chr(10)}{text}"


def _untagged(text: str) -> str:
    text = text.replace("-->", "\N{RIGHTWARDS ARROW}")
    text = re.sub(r"<(?=[/!?a-zA-Z])", "\N{FULLWIDTH LESS-THAN SIGN}", text)
    closed, brace, rest = text.rpartition("}")
    return closed.replace("{", "\N{FULLWIDTH LEFT CURLY BRACKET}") + brace + rest


def _clock(at_ms: int, point: str) -> str:
    seconds, ms = divmod(at_ms, 1000)
    minutes, s = divmod(seconds, 60)
    h, m = divmod(minutes, 60)
    return f"{h:02}:{m:02}:{s:02}{point}{ms:03}"
