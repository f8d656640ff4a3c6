"""Where a stretch of a sentence stands in the cues, and when it is said."""

from itertools import groupby

from pipeline.media.sentences import Sentence
from pipeline.results import CueSpan, Mention


def mention(sentence: Sentence, start: int, end: int, label: str) -> Mention:
    """Return what the sentence's text has from `start` to before `end`; it is not empty."""
    parts = []
    at = 0
    for token in sentence.tokens:
        at = sentence.text.index(token.text, at)
        first, last = max(start - at, 0), min(end - at, len(token.text))
        if first < last:
            parts.append((token, token.offset + first, token.offset + last))
        at += len(token.text)
    spans = []
    for cue, group in groupby(parts, key=lambda part: part[0].cue):
        of_cue = list(group)
        spans.append(CueSpan(cue, of_cue[0][1], of_cue[-1][2]))
    start_ms = parts[0][0].start_ms
    return Mention(
        start_ms=start_ms,
        end_ms=max(parts[-1][0].end_ms, start_ms + 1),
        text=sentence.text[start:end],
        label=label,
        spans=tuple(spans),
    )
