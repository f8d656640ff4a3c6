"""Findings as the passages that search finds: pure arithmetic on times and texts.

The writers make rows of them and `embed_passages` vectors, so both must see the same texts.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.media.cues import ends_sentence, join
from pipeline.media.trust import weight
from pipeline.results import Chapters, Cue, Objects, ScreenText, Sounds

_LONGEST = 250
"""Characters, some 15 s of speech: enough for words that belong together and for a meaning."""
_SENTENCES = 120
"""From this length on a passage ends where a sentence does."""
_PAUSE_MS = 3_000
_SAME_MOMENT_MS = 2_000
"""Sightings of one label that lie closer than this are one place to jump to."""


class Part(NamedTuple):
    """A cue within a passage."""

    offset: int
    """Of its first character in the passage's text."""
    start_ms: int
    end_ms: int


class Moment(NamedTuple):
    """Words to find, and when."""

    start_ms: int
    end_ms: int
    text: str
    parts: tuple[Part, ...] = ()
    """What says more exactly when a word of it occurs."""
    weight: float = 1.0
    """How far it can be trusted, 0..1."""
    language: str = ""
    """ISO 639-1; empty: that of all of the video's."""


def of_speech(cues: Iterable[Cue]) -> list[Moment]:
    """Join cues of one breath, one language and like trust, to passages of up to 250 characters.

    A sentence, and a phrase that is looked for, may well run through several cues.
    """
    found: list[Moment] = []
    for cue in cues:
        text = join(cue.text.split("\n"))
        last = found[-1] if found else None
        joined = join([last.text, text]) if last else text
        if last and _goes_on(last, cue, joined):
            part = Part(len(joined) - len(text), cue.start_ms, cue.end_ms)
            found[-1] = last._replace(end_ms=cue.end_ms, text=joined, parts=(*last.parts, part))
        else:
            part = Part(0, cue.start_ms, cue.end_ms)
            trust = weight(cue.flags)
            found.append(Moment(cue.start_ms, cue.end_ms, text, (part,), trust, cue.language))
    return found


def _goes_on(last: Moment, cue: Cue, joined: str) -> bool:
    ended = len(last.text) >= _SENTENCES and ends_sentence(last.text)
    near = cue.start_ms - last.end_ms < _PAUSE_MS
    alike = (last.weight, last.language) == (weight(cue.flags), cue.language)
    return near and alike and not ended and len(joined) <= _LONGEST


def of_texts(found: ScreenText) -> list[Moment]:
    """Return each text on screen as a passage of its own."""
    return [Moment(one.start_ms, one.end_ms, join(one.text.split("\n"))) for one in found.spans]


def of_chapters(found: Chapters) -> list[Moment]:
    """Return each chapter by its title."""
    return [Moment(one.start_ms, one.end_ms, one.title) for one in found.chapters]


def of_objects(found: Objects) -> list[Moment]:
    """Return when a label shows, however many things of it: a crowd is one hit, not hundreds."""
    return list(_joined((track.label, track.start_ms, track.end_ms) for track in found.tracks))


def of_sounds(found: Sounds) -> list[Moment]:
    """Return when a sound is heard; of speech it is told what is said instead."""
    heard = (event for event in found.events if event.label != "speech")
    return list(_joined((event.label, event.start_ms, event.end_ms) for event in heard))


def _joined(spans: Iterable[tuple[str, int, int]]) -> Iterator[Moment]:
    last: Moment | None = None
    for label, start_ms, end_ms in sorted(spans):
        if last and last.text == label and start_ms <= last.end_ms + _SAME_MOMENT_MS:
            last = last._replace(end_ms=max(last.end_ms, end_ms))
            continue
        if last:
            yield last
        last = Moment(start_ms, end_ms, label)
    if last:
        yield last
