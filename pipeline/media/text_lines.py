"""Geometry and spelling of text lines: words joined to lines, readings joined to spans. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import pairwise
from unicodedata import normalize

from pipeline.results import Box, TextSpan

PixelBox = tuple[int, int, int, int]

SAME_BASELINE = 0.6
"""Share of the lower box's height that two words of one line have in common at least."""
SAME_HEIGHT = 0.6
_AGREEING = 2
_LEAST_MATCH = 3
"""Letters at least by which two readings of a ticker are joined."""
LONG_WORD = 10
WORD_GAP = 1.0
"""Widest space inside a line, in heights of the line."""
SAME_TEXT, ALIKE = 0.8, 0.6
NEAR = 0.15
"""How far apart two readings of one text may lie, in picture widths and heights."""
SAME_EDGE = 0.02
MAX_FRAGMENT_MS = 2000
"""Pieces shown longer are texts of their own, unless they lie inside the whole all the time."""
INSIDE = 0.8
"""Share of a piece's box, and of its time, that lies in the whole's at least."""
MAX_GAP_MS = 1000
"""Longest time that one text may go unseen and still be one span."""


def join_words(boxes: Iterable[PixelBox]) -> list[PixelBox]:
    """Return the boxes, those of words on one baseline joined to lines."""
    lines: list[PixelBox] = []
    for box in sorted(boxes):
        mate = next((line for line in lines if _same_line(line, box)), None)
        if mate is None:
            lines.append(box)
        else:
            lines[lines.index(mate)] = _union(mate, box)
    return lines


def _same_line(left: PixelBox, right: PixelBox) -> bool:
    low, high = sorted((left[3], right[3]))
    shared = min(left[1] + left[3], right[1] + right[3]) - max(left[1], right[1])
    gap = right[0] - (left[0] + left[2])
    return (
        low >= SAME_HEIGHT * high
        and shared >= SAME_BASELINE * low
        and -high < gap <= WORD_GAP * low
    )


def _union(a: PixelBox, b: PixelBox) -> PixelBox:
    x, y = min(a[0], b[0]), min(a[1], b[1])
    return (
        x,
        y,
        max(a[0] + a[2], b[0] + b[2]) - x,
        max(a[1] + a[3], b[1] + b[3]) - y,
    )


def covered(inner: PixelBox, outer: PixelBox) -> float:
    """Return the share of `inner` that lies in `outer`."""
    width = min(inner[0] + inner[2], outer[0] + outer[2]) - max(inner[0], outer[0])
    height = min(inner[1] + inner[3], outer[1] + outer[3]) - max(inner[1], outer[1])
    return max(width, 0) * max(height, 0) / max(inner[2] * inner[3], 1)


def similarity(a: str, b: str) -> float:
    """Return 0..1; letter case, spaces and punctuation, which recognition confuses, don't count."""
    return SequenceMatcher(None, _letters(a), _letters(b), autojunk=False).ratio()


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def looks_glued(text: str) -> bool:
    """Tell whether a space seems lost, as in "ChapterOne", "STATION5" or "GARAGENOTES"."""
    if " " not in text and any(len(word) >= LONG_WORD for word in re.findall(r"\w+", text)):
        return True
    return any(
        (a.islower() and b.isupper()) or (a.isalpha() and b.isdecimal()) for a, b in pairwise(text)
    )


def consensus(votes: Sequence[tuple[str, float]]) -> tuple[str, float]:
    """Return the text on which most of several readings (text, confidence) agree.

    Letters are decided one by one. A space counts where any reading has one: recognition loses
    spaces and hardly ever invents them. Without two readings alike, ("", 0.0).
    """
    if not votes:
        return "", 0.0
    text, confidence = max(votes, key=lambda vote: vote[1])
    alike = [vote[0] for vote in votes if similarity(vote[0], text) >= SAME_TEXT]
    if len(alike) < _AGREEING:
        return "", 0.0
    letters = "".join(text.split())
    peers = ["".join(peer.split()) for peer in alike]
    columns = zip(*(_lined_up(peer, letters) for peer in peers), strict=True)
    decided = [_decided(own, column) for column, own in zip(columns, letters, strict=True)]
    if len(set(map(len, peers))) > 1:  # a mark that one of them lacks is a speck
        decided = [c if c.isalnum() else " " for c in decided]
    spaces = {at for peer in alike if _as_long(peer, letters) for at in _spaces(peer)}
    told = "".join(f" {c}" if i in spaces else c for i, c in enumerate(decided))
    return " ".join(told.split()), confidence


def _decided(own: str, column: Sequence[str]) -> str:
    """Return the letter that most read; the surest reading's own wins ties, short of accents.

    Accents on which no two agree are specks of what lies behind.
    """
    most = max((own, *column), key=column.count)
    bare = set(map(_bare, column))
    return bare.pop() if column.count(most) == 1 and len(bare) == 1 else most


def _as_long(text: str, letters: str) -> bool:
    return len("".join(text.split())) == len(letters)


def _lined_up(peer: str, letters: str) -> list[str]:
    """Return what the peer reads at each of the letters; where it reads none or more, the letter.

    Accents are no hindrance: they are what readings differ in most.
    """
    read = list(letters)
    matcher = SequenceMatcher(None, _bare(letters), _bare(peer), autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind in ("equal", "replace") and b - a == d - c:
            read[a:b] = peer[c:d]
    return read


def _bare(text: str) -> str:
    """Return the text without accents, as long as before."""
    return "".join(normalize("NFD", letter)[0] for letter in text)


def _spaces(text: str) -> set[int]:
    """Return before which of its letters, counted without spaces, the text has a space."""
    words = [len(word) for word in text.split()]
    return {sum(words[:i]) for i in range(1, len(words))}


def join_readings(readings: Sequence[str]) -> str:
    """Return the text of which these are parts, in order, each the end of one the begin of the next.

    What lies at the edge of a picture is read wrongly, so of what two have in common the first
    gives the first half, and the second the rest.
    """
    whole = ""
    for part in readings:
        matcher = SequenceMatcher(None, whole.casefold(), part.casefold(), autojunk=False)
        begin = max(len(whole) - len(part) - _LEAST_MATCH, 0)
        match = matcher.find_longest_match(begin, len(whole), 0, len(part))
        if match.size < _LEAST_MATCH:
            whole = f"{whole} {part}".strip()
        else:
            half = match.size // 2
            whole = whole[: match.a + half] + part[match.b + half :]
    return whole


def merge_spans(readings: Sequence[TextSpan]) -> tuple[TextSpan, ...]:
    """Join readings of one text that follow or overlap each other; the surest text and box stay."""
    spans: list[TextSpan] = []
    for reading in sorted(readings, key=lambda r: (r.start_ms, r.end_ms)):
        for index, span in enumerate(spans):
            if _same_text(span, reading):
                spans[index] = _merged(span, reading)
                break
        else:
            spans.append(reading)
    whole = _without_fragments(spans)
    return tuple(sorted(whole, key=lambda s: (s.start_ms, s.box[1], s.box[0])))


def _without_fragments(spans: Sequence[TextSpan]) -> list[TextSpan]:
    """Drop what was read of a text while it slid in or out, or was being typed."""
    kept: list[TextSpan] = []
    for span in sorted(spans, key=lambda s: -len(_letters(s.text))):
        index = next((i for i, whole in enumerate(kept) if _is_fragment(span, whole)), None)
        if index is None:
            kept.append(span)
        elif abs(span.box[0] - kept[index].box[0]) <= SAME_EDGE:
            # Typed from the left: it begins with its first words.
            start_ms = min(span.start_ms, kept[index].start_ms)
            kept[index] = replace(kept[index], start_ms=start_ms)
    return kept


def _is_fragment(part: TextSpan, whole: TextSpan) -> bool:
    letters, all_letters = _letters(part.text), _letters(whole.text)
    apart_ms = max(part.start_ms - whole.end_ms, whole.start_ms - part.end_ms)
    level = abs(part.box[1] + part.box[3] / 2 - whole.box[1] - whole.box[3] / 2)
    if (
        len(letters) >= len(all_letters)
        or (part.end_ms - part.start_ms > MAX_FRAGMENT_MS and not _lies_inside(part, whole))
        or apart_ms > MAX_GAP_MS
        or level > whole.box[3] / 2
    ):
        return False
    matcher = SequenceMatcher(None, letters, all_letters, autojunk=False)
    longest = matcher.find_longest_match()
    return longest.size >= SAME_TEXT * len(letters)


def _lies_inside(part: TextSpan, whole: TextSpan) -> bool:
    together_ms = min(part.end_ms, whole.end_ms) - max(part.start_ms, whole.start_ms)
    return (
        together_ms >= INSIDE * (part.end_ms - part.start_ms)
        and _shared_area(part.box, whole.box) >= INSIDE * part.box[2] * part.box[3]
    )


def _same_text(span: TextSpan, reading: TextSpan) -> bool:
    if reading.start_ms - span.end_ms > MAX_GAP_MS or not _near(span.box, reading.box):
        return False
    if reading.start_ms < span.end_ms and _overlap(span.box, reading.box):
        # At one place at one time: two attempts at one text.
        return similarity(span.text, reading.text) >= ALIKE
    if min(span.end_ms, reading.end_ms) - max(span.start_ms, reading.start_ms) > MAX_GAP_MS:
        # At two places at one time: two lines, but for a text that was followed twice.
        return _letters(span.text) == _letters(reading.text)
    if _numbers(span.text) != _numbers(reading.text):
        return False  # "Chapter 1" is not "Chapter 2", however alike they look
    return similarity(span.text, reading.text) >= SAME_TEXT


def _numbers(text: str) -> list[str]:
    """Return the numbers in the text, but no digit that stands inside a word by mistake."""
    return re.findall(r"(?<![^\W\d])\d+(?![^\W\d])", text)


def _near(a: Box, b: Box) -> bool:
    """Tell whether the centres are near; sliding text has moved along one axis only."""
    apart = sorted(abs(a[i] + a[i + 2] / 2 - b[i] - b[i + 2] / 2) for i in (0, 1))
    return apart[1] <= NEAR or apart[0] <= NEAR / 5


def _overlap(a: Box, b: Box) -> bool:
    """Tell whether more than half of the smaller box lies in the other."""
    return _shared_area(a, b) > min(a[2] * a[3], b[2] * b[3]) / 2


def _shared_area(a: Box, b: Box) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)


def _merged(a: TextSpan, b: TextSpan) -> TextSpan:
    best = max(a, b, key=lambda s: s.confidence)
    return replace(best, start_ms=min(a.start_ms, b.start_ms), end_ms=max(a.end_ms, b.end_ms))
