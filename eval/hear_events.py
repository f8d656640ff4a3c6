"""Sounds heard: speech, music, a siren and a smoke alarm that recipes make, alone, over noise and
over one another; silence and noise bursts, where nothing is.

No free recordings of laughter, applause, shots, explosions, screams or breaking glass are in the
set: they are counted only where they are found and are not. Recall takes videos of your own.
"""

from functools import partial
from pathlib import Path

import numpy as np

from eval.cases import Case, Truth
from eval.running import Done
from eval.scores import Tally, overlap_ms, paired
from pipeline.results import SoundEvent, Sounds
from tests import clips, noises

TRUTH = "sounds"
_LOUDER = 10 ** (10 / 20)
"""Times the sound is louder than the noise behind it: 10 dB."""


def looked(done: Done) -> None:
    """All sound is listened to."""


def score(case: Case, done: Done) -> Tally:
    """Count events that share half of their time with one there is, and how far off they begin."""
    found = done[Sounds].result.events if Sounds in done else ()
    there = case.truth[TRUTH]
    tally = paired(found, there, _fits)
    off_ms = [
        min(abs(one.start_ms - real["start_ms"]) for one in found if _fits(one, real))
        for real in there
        if any(_fits(one, real) for one in found)
    ]
    tally.also["start off, ms"] = (sum(off_ms), len(off_ms))
    return tally


def _fits(one: SoundEvent, real: dict[str, int | str]) -> bool:
    start_ms, end_ms = int(real["start_ms"]), int(real["end_ms"])
    shared_ms = overlap_ms((one.start_ms, one.end_ms), (start_ms, end_ms))
    longer_ms = max(end_ms - start_ms, one.end_ms - one.start_ms)
    return one.label == real["label"] and shared_ms * 2 >= longer_ms


def _scenes(behind: float, path: Path) -> Truth:
    """Write one sound after another, with pauses, over pink noise that is `behind` as loud."""
    parts, truth, at_s = [noises.silence(2)], [], 2.0
    made = {
        "siren": noises.siren(9),
        "music": noises.music(12),
        "speech": _speech(16),
        "alarm": noises.smoke_alarm(10),
    }
    for label, sound in made.items():
        length_s = len(sound) / noises.RATE_HZ
        truth.append(_span(label, at_s, length_s))
        parts += [sound, noises.silence(4)]
        at_s += length_s + 4
    whole = np.concatenate(parts)
    loud = np.sqrt(np.mean(whole[whole != 0] ** 2))
    whole += noises.noise(len(whole) / noises.RATE_HZ) * 10 * loud * behind
    clips.write_wav(path, noises.pcm(whole).tobytes())
    return {TRUTH: truth}


def _over_one_another(path: Path) -> Truth:
    """Write speech over music that is as loud, then a siren that comes up during speech."""
    speech = _speech(16)
    both = speech + noises.music(16) * np.sqrt(np.mean(speech**2)) * 10
    under = speech.copy()
    under[5 * noises.RATE_HZ : 13 * noises.RATE_HZ] += noises.siren(8)
    parts = [both, noises.silence(4), under, noises.silence(2)]
    clips.write_wav(path, noises.pcm(np.concatenate(parts)).tobytes())
    return {
        TRUTH: [
            *(_span("speech", 0, 16), _span("music", 0, 16)),
            *(_span("speech", 20, 16), _span("siren", 25, 8)),
        ]
    }


def _nothing(path: Path) -> Truth:
    """Write silence, noise, and noise in bursts."""
    bursts = noises.noise(20) * (np.arange(20 * noises.RATE_HZ) % noises.RATE_HZ < 4000) * 3
    parts = [noises.silence(10), noises.noise(20), noises.silence(5), bursts]
    clips.write_wav(path, noises.pcm(np.concatenate(parts)).tobytes())
    return {TRUTH: []}


def _speech(length_s: int) -> noises.Sound:
    """Return the first of the sample's speech."""
    return np.frombuffer(clips.spoken(), "<i2")[: length_s * noises.RATE_HZ] / 32_768


def _span(label: str, at_s: float, length_s: float) -> dict[str, int | str]:
    start_ms, end_ms = round(at_s * 1000), round((at_s + length_s) * 1000)
    return {"label": label, "start_ms": start_ms, "end_ms": end_ms}


RECIPES = {
    "scenes.wav": partial(_scenes, 0),
    "noisy.wav": partial(_scenes, 1 / _LOUDER),
    "together.wav": _over_one_another,
    "nothing.wav": _nothing,
}
