"""Sound events: from how likely classes of sound are, patch by patch, to spans of a few labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.media import screening
from pipeline.results import SoundEvent

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Label:
    """What counts as one label, and when it is heard."""

    name: str
    classes: tuple[str, ...]
    """AudioSet's classes that stand for it: the likeliest counts."""
    rather: tuple[str, ...] = ()
    """Classes that say it is something else,"""
    rather_from: float = 0.5
    """and take the patch away from this share of its likelihood on."""
    enter: float = 0.5
    """A span has to reach this smoothed score, 0..1,"""
    leave: float = 0.25
    """and lasts as long as the score stays at this."""
    window_ms: int = 1000
    """Scores are averaged over this time: what goes on is heard in more than one patch."""
    min_ms: int = 900


_SIRENS = (
    "Siren",
    "Civil defense siren",
    "Police car (siren)",
    "Ambulance (siren)",
    "Fire engine, fire truck (siren)",
)
_SHOTS = ("Gunshot, gunfire", "Machine gun", "Fusillade")
_FIREWORKS = ("Fireworks", "Firecracker")
_TELEPHONES = ("Telephone", "Telephone bell ringing", "Ringtone")

# What is over within one patch takes no window: no average may hide it.
#
# Thresholds were chosen on one half of some 130 recordings, alone and under speech and music, and
# 45 minutes without any of these, and tried on the other: decision 36.
LABELS = (
    Label(
        "speech",
        ("Speech", "Child speech, kid speaking", "Conversation", "Narration, monologue"),
    ),
    # Music is told by its sum: a tone or two that lasts a second (a chime, a hum) is none.
    Label("music", ("Music", "Singing"), min_ms=1900),
    Label(
        "laughter",
        ("Laughter", "Baby laughter", "Giggle", "Snicker", "Belly laugh", "Chuckle, chortle"),
        window_ms=0,
        min_ms=0,
        enter=0.3,
        leave=0.15,
    ),
    Label("applause", ("Applause", "Clapping"), window_ms=0, min_ms=0, enter=0.4, leave=0.2),
    # AudioSet counts sirens and telephones among the alarms.
    Label(
        "alarm",
        (
            *("Alarm", "Alarm clock", "Car alarm", "Smoke detector, smoke alarm", "Fire alarm"),
            "Buzzer",
        ),
        rather=(*_SIRENS, *_TELEPHONES),
    ),
    Label("siren", _SIRENS, enter=0.6, leave=0.3, min_ms=1400),
    Label(
        "gunshot",
        _SHOTS,
        rather=_FIREWORKS,
        rather_from=1.0,
        window_ms=0,
        min_ms=0,
        enter=0.4,
        leave=0.2,
    ),
    # And shots and fireworks among the explosions.
    Label(
        "explosion",
        ("Explosion", "Eruption", "Boom", "Artillery fire"),
        rather=(*_SHOTS, *_FIREWORKS),
        rather_from=1.0,
        window_ms=0,
        min_ms=0,
        enter=0.6,
        leave=0.3,
    ),
    Label("scream", ("Screaming",), window_ms=0, min_ms=0, enter=0.4, leave=0.2),
    # Averaged, for dishes and bells are glass for a moment; a pane falls for longer.
    Label("glass", ("Glass", "Shatter"), enter=0.4, leave=0.2, min_ms=0),
)


class Ear:
    """Turns the scores of classes into those of labels."""

    def __init__(self, classes: Sequence[str]) -> None:
        """`classes` are AudioSet's names, in the order of the scores. Raises `ValueError`."""
        self._columns = [[classes.index(name) for name in label.classes] for label in LABELS]
        self._rather = [[classes.index(name) for name in label.rather] for label in LABELS]

    def labelled(self, scores: Floats) -> Floats:
        """Return (patches, labels) of (patches, classes), both 0..1."""
        heard = np.empty((len(scores), len(LABELS)), np.float32)
        for at, (columns, rather) in enumerate(zip(self._columns, self._rather, strict=True)):
            best = scores[:, columns].max(axis=1)
            heard[:, at] = best
            if rather:
                heard[scores[:, rather].max(axis=1) >= best * LABELS[at].rather_from, at] = 0
        return heard


def events(heard: Floats, hop_ms: int, patch_ms: int, duration_ms: int) -> tuple[SoundEvent, ...]:
    """Return the events in (patches, labels) scores, one patch every `hop_ms`, by their starts.

    A patch stands for the middle `hop_ms` of the `patch_ms` that it hears; the first and the last
    reach to the track's ends.
    """
    if not duration_ms:
        return ()  # a few samples
    count = len(heard)
    first_ms = (patch_ms - hop_ms) // 2
    edges = [0, *(first_ms + hop_ms * n for n in range(1, count)), duration_ms]
    found = [
        SoundEvent(label.name, span.start_ms, span.end_ms, span.peak, span.mean)
        for label, scores in zip(LABELS, heard.T, strict=True)
        for span in _spans(label, scores, edges)
    ]
    return tuple(sorted(found, key=lambda event: (event.start_ms, event.label)))


def _spans(label: Label, scores: Floats, edges: Sequence[int]) -> list[screening.Span]:
    """Look only around what is loud enough: in 12 hours are 90,000 patches a label."""
    if not (scores >= label.leave).any():
        return []
    scored = [
        screening.Scored((start, end), float(score))
        for start, end, score in zip(edges[:-1], edges[1:], scores, strict=True)
    ]
    if label.window_ms:
        scored = screening.smoothed(scored, label.window_ms)
    return screening.spans(screening.above(scored, label.enter, label.leave), label.min_ms)
