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
    """AudioSet's classes that stand for it."""
    together: bool = True
    """They count together, as one less the product of their complements; else the likeliest."""
    rather: tuple[str, ...] = ()
    """Classes that say it is something else,"""
    rather_from: float = 0.5
    """and take the patch away from this share of its likelihood on."""
    brief: bool = False
    """It may be over within one patch: no average may hide it, and a rise counts for it."""
    akin: tuple[str, ...] = ()
    """Labels that a rise of this one need not outdo."""
    enter: float = 0.5
    """A span has to reach this score, 0..1,"""
    leave: float = 0.25
    """and lasts as long as the score stays at this."""
    min_ms: int = 0


_SIRENS = (
    "Siren",
    "Civil defense siren",
    "Police car (siren)",
    "Ambulance (siren)",
    "Fire engine, fire truck (siren)",
)
_SHOTS = ("Gunshot, gunfire", "Machine gun", "Fusillade")
_FIREWORKS = ("Fireworks", "Firecracker")
_BEHIND = ("speech", "music")
"""What other sounds are heard over."""
_TELEPHONES = ("Telephone", "Telephone bell ringing", "Ringtone")

# Thresholds were chosen on one half of some 130 recordings, alone and under speech and music, and
# two hours without any of these, and tried on the other and on more: decisions 36 and 39.
LABELS = (
    Label(
        "speech",
        ("Speech", "Child speech, kid speaking", "Conversation", "Narration, monologue"),
        together=False,
        min_ms=900,
    ),
    # Music is told by its sum: a tone or two that lasts a second (a chime, a hum) is none.
    Label("music", ("Music", "Singing"), together=False, min_ms=1900),
    Label(
        "laughter",
        ("Laughter", "Baby laughter", "Giggle", "Snicker", "Belly laugh", "Chuckle, chortle"),
        brief=True,
        enter=0.6,
        leave=0.3,
    ),
    Label("applause", ("Applause", "Clapping"), brief=True, enter=0.6, leave=0.3),
    # AudioSet counts sirens and telephones among the alarms.
    Label(
        "alarm",
        (
            *("Alarm", "Alarm clock", "Car alarm", "Smoke detector, smoke alarm", "Fire alarm"),
            "Buzzer",
        ),
        rather=(*_SIRENS, *_TELEPHONES),
        min_ms=1400,
    ),
    Label("siren", _SIRENS, enter=0.6, leave=0.2, min_ms=1400),
    Label(
        "gunshot",
        _SHOTS,
        rather=_FIREWORKS,
        rather_from=1.0,
        brief=True,
        akin=("explosion",),
        enter=0.8,
        leave=0.4,
    ),
    # And shots and fireworks among the explosions.
    Label(
        "explosion",
        ("Explosion", "Eruption", "Boom", "Artillery fire"),
        rather=(*_SHOTS, *_FIREWORKS),
        rather_from=1.0,
        brief=True,
        akin=("gunshot",),
        enter=0.9,
        leave=0.45,
    ),
    Label("scream", ("Screaming",), brief=True, enter=0.7, leave=0.35),
    Label("glass", ("Glass", "Shatter"), brief=True, enter=0.9, leave=0.45),
)
_WINDOW_MS = 1000
"""Scores of what goes on are averaged over this time: it is heard in more than one patch."""
_AROUND = 10
"""Patches before and after one, five seconds each, whose median is its background."""
_RISE = 6.0
"""In natural logarithms of odds: so far above its background a brief label has risen,"""
_LIFT = 2.0
"""and is lifted by this."""
_LEAST = 1e-6
"""What is less likely is heard as little."""


class Ear:
    """Turns the scores of classes into those of labels."""

    def __init__(self, classes: Sequence[str]) -> None:
        """`classes` are AudioSet's names, in the order of the scores. Raises `ValueError`."""
        self._columns = [[classes.index(name) for name in label.classes] for label in LABELS]
        self._rather = [[classes.index(name) for name in label.rather] for label in LABELS]

    def labelled(self, scores: Floats) -> Floats:
        """Return (patches, labels) of (patches, classes), both 0..1."""
        heard = np.empty((len(scores), len(LABELS)), np.float32)
        by_label = zip(LABELS, self._columns, self._rather, heard.T, strict=True)
        for label, columns, rather, column in by_label:
            own = scores[:, columns]
            column[:] = 1 - (1 - own).prod(axis=1) if label.together else own.max(axis=1)
            if rather:
                column[scores[:, rather].max(axis=1) >= column * label.rather_from] = 0
        return heard


def lifted(heard: Floats) -> Floats:
    """Return (patches, labels) scores with those lifted that rise out of their surroundings.

    Music and speech push all other classes down, and what sounds over them stays below any
    threshold that is safe elsewhere; but it comes suddenly, and what only resembles it is there all
    the time. So the odds of a brief label count more where they are far above their median around,
    and none of the others is likelier: one bang is not a shot, a scream and a pane.
    """
    shares = np.clip(heard, _LEAST, 1 - _LEAST)
    odds = np.log(shares / (1 - shares))
    found = heard.copy()
    for at, label in enumerate(LABELS):
        # Nothing to be found in most recordings, nor a median to be taken.
        if not (label.brief and (odds[:, at] >= _RISE + np.log(_LEAST)).any()):
            continue
        apart = (label.name, *label.akin, *_BEHIND)
        rivals = [n for n, other in enumerate(LABELS) if other.name not in apart]
        risen = odds[:, at] - _background(odds[:, at]) >= _RISE
        risen &= odds[:, at] >= odds[:, rivals].max(axis=1)
        found[risen, at] = 1 / (1 + np.exp(-odds[risen, at] - _LIFT))
    return found


def _background(odds: Floats) -> Floats:
    """Return the median around each, (patches,) of (patches,); the ends go on as they are."""
    wide = np.pad(odds, _AROUND, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * _AROUND + 1)
    return np.asarray(np.median(windows, axis=1), np.float32)


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
        for label, scores in zip(LABELS, lifted(heard).T, strict=True)
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
    if not label.brief:
        scored = screening.smoothed(scored, _WINDOW_MS)
    return screening.spans(screening.above(scored, label.enter, label.leave), label.min_ms)
