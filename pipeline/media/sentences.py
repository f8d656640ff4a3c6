"""Cues cut into sentences: pure arithmetic on times and texts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.media import trust
from pipeline.media.cues import abbreviated, ends_sentence, join
from pipeline.results import Cue

_PAUSE_MS = 2_000
"""Nobody pauses as long within a sentence."""
_MOST_TOKENS, _MOST_CHARACTERS = 60, 400
"""What is longer is cut here, at the next cue."""
_BREATH_MS, _BARE_TOKENS, _BARE_CHARACTERS = 300, 20, 120
"""The same where hardly any marks were heard: …"""
_BARE = 1 / 40
"""… fewer ends of sentences than this share of the words."""
# A piece of text without spaces; marks that end sentences end it too where no space follows them.
_PIECE = re.compile(r"[^\s。！？]*[。！？]+[」』）]*|[^\s。！？]+")  # noqa: RUF001  as it is written


@dataclass(frozen=True)
class Token:
    """Text of a cue up to the next space."""

    text: str
    start_ms: int
    end_ms: int
    cue: int
    """The cue's place in the transcript, from 0."""
    offset: int
    """Where it begins in the cue's text."""


@dataclass(frozen=True)
class Sentence:
    text: str
    """On one line."""
    start_ms: int
    end_ms: int
    weight: float
    """How far its cues are to be trusted, 0..1."""
    language: str
    """ISO 639-1; it may change within a video, never within a sentence."""
    tokens: tuple[Token, ...]


def cut(cues: Sequence[Cue], language: str) -> list[Sentence]:
    """Return the sentences of a transcript, in order; every word is in one of them.

    `language` is that of cues that do not say theirs.
    Times are those of the words. Within a cue that has none, as subtitles have, its characters
    share its time.
    """
    tokens = [token for place, cue in enumerate(cues) for token in _tokens(cue, place)]
    weights = [trust.weight(cue.flags) for cue in cues]
    languages = [cue.language or language for cue in cues]
    return [_sentence(group, weights, languages) for group in _groups(tokens, languages)]


def _sentence(
    tokens: Sequence[Token], weights: Sequence[float], languages: Sequence[str]
) -> Sentence:
    return Sentence(
        text=join([token.text for token in tokens]),
        start_ms=tokens[0].start_ms,
        end_ms=max(tokens[-1].end_ms, tokens[0].start_ms + 1),
        weight=sum(weights[token.cue] for token in tokens) / len(tokens),
        language=languages[tokens[0].cue],
        tokens=tuple(tokens),
    )


def _groups(tokens: Sequence[Token], languages: Sequence[str]) -> Iterator[list[Token]]:
    bare = sum(ends_sentence(token.text) for token in tokens) < _BARE * len(tokens)
    pause_ms = _BREATH_MS if bare else _PAUSE_MS
    group: list[Token] = []
    for token, following in pairwise([*tokens, None]):
        if token is None:
            return
        group.append(token)
        if (
            following is None
            or languages[following.cue] != languages[token.cue]
            or following.start_ms - token.end_ms >= pause_ms
            or (ends_sentence(token.text) and not abbreviated(token.text, following.text))
            or (following.cue != token.cue and _is_long(group, bare=bare))
        ):
            yield group
            group = []


def _is_long(group: Sequence[Token], *, bare: bool) -> bool:
    most, letters = (_BARE_TOKENS, _BARE_CHARACTERS) if bare else (_MOST_TOKENS, _MOST_CHARACTERS)
    return len(group) >= most or sum(len(token.text) for token in group) >= letters


def _tokens(cue: Cue, place: int) -> Iterator[Token]:
    times = _times(cue)
    for piece in _PIECE.finditer(cue.text):
        yield Token(
            text=piece.group(),
            start_ms=times[piece.start()][0],
            end_ms=times[piece.end() - 1][1],
            cue=place,
            offset=piece.start(),
        )


def _times(cue: Cue) -> list[tuple[int, int]]:
    """Return when each character of the cue's text is said."""
    letters = "".join(cue.text.split())
    if cue.words and letters == "".join("".join(word.text.split()) for word in cue.words):
        said = [(w.start_ms, w.end_ms) for w in cue.words for _ in "".join(w.text.split())]
    else:
        span_ms, count = cue.end_ms - cue.start_ms, len(letters)
        edges = [cue.start_ms + span_ms * i // max(count, 1) for i in range(count + 1)]
        said = list(pairwise(edges))
    times, done = [], 0
    for character in cue.text:
        times.append(said[min(done, len(said) - 1)] if said else (cue.start_ms, cue.end_ms))
        done += not character.isspace()
    return times
