"""Where a voice begins, told by its loudness.

Silero notices a voice 0.1 to 0.3 s after it began, the later the softer it begins. Where it rises
from something quieter, how loud the sound is tells it to a hundredth of a second.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.engines.vad import SAMPLE_RATE_HZ, Samples, Span

_FRAME = SAMPLE_RATE_HZ // 100
# In frames: how far back a beginning is looked for, how much before that tells what else sounds,
# how much after it how loud the voice is, and how long it may be quiet between two sounds.
_REACH, _BEFORE, _AFTER, _GAP = 40, 30, 30, 5
_LEAST_RISE_DB = 10.0
_SHARE = 0.4
"""The voice has begun where the level has risen by so much of the way, in dB."""


def refined(samples: Samples, spans: Sequence[Span]) -> list[Span]:
    """Return the spans of speech, each from where the voice begins: earlier by up to 0.4 s, or as is.

    `samples` are (n,) int16, mono, 16 kHz, and may be memory-mapped. Spans stay apart. Over music
    as loud as the voice, and where nothing quieter comes before it, they are left as they are.
    """
    return [
        (start - _FRAME * _lead(samples, before, start), end)
        for (_, before), (start, end) in pairwise([(0, 0), *spans])
    ]


def _lead(samples: Samples, before: int, start: int) -> int:
    """Return by how many frames the voice begins sooner than at `start`, after `before`."""
    there = (start - before) // _FRAME
    reach = min(_REACH, there)
    past = min(reach + _BEFORE, there)
    levels = _levels(samples[start - past * _FRAME : start + _AFTER * _FRAME])
    if past < 2 * _GAP or len(levels) < past + _GAP:
        return 0
    voice = np.percentile(levels[past:], 80)
    floor = np.percentile(levels[: past - _GAP], 25)
    if voice - floor < _LEAST_RISE_DB:
        return 0
    loud = levels[past - reach : past] >= floor + _SHARE * (voice - floor)
    lead = max(_within_gaps(loud[::-1]), default=0)
    return lead if lead <= reach - _GAP else 0


def _within_gaps(backwards: npt.NDArray[np.bool_]) -> Iterator[int]:
    """Yield how far back each loud frame lies, up to the first gap that is too long."""
    latest = 0
    for back in np.flatnonzero(backwards) + 1:
        if back - latest > _GAP:
            return
        latest = int(back)
        yield latest


def _levels(samples: Samples) -> npt.NDArray[np.float64]:
    """Return the level of each frame in dB; treble counts more, as consonants begin words."""
    sound = samples[: len(samples) // _FRAME * _FRAME].astype(np.float64)
    sound[1:] -= 0.5 * sound[:-1]
    power = np.square(sound).reshape(-1, _FRAME).mean(axis=1)
    return np.asarray(10 * np.log10(power + 10))
