"""Sounds heard: speech, music, a siren and a smoke alarm that recipes make, alone, over noise and
over one another; silence and noise bursts, where nothing is.

Where `python -m eval.recordings` has fetched them, recordings of laughter, applause, shots,
explosions, screams, glass and alarms, too: those on which no threshold was chosen, alone, and under
speech and music as loud or 10 dB quieter; and what is none of these. There a label counts that is
told at all while it sounds, and what was told elsewhere is wrong; speech and music are not scored.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import av
import numpy as np

from eval import recordings
from eval.cases import Case, Truth
from eval.running import Done
from eval.scores import Tally, overlap_ms, paired
from eval.scores import tally as counts
from pipeline.results import SoundEvent, Sounds
from tests import clips, noises

TRUTH = "sounds"
_LOUDER = 10 ** (10 / 20)
"""Times the sound is louder than the noise behind it: 10 dB."""
_RECORDED = ("laughter", "applause", "gunshot", "explosion", "scream", "glass", "siren", "alarm")
_NEAR_MS = 500
_LEVEL = 0.18
"""Of a recording's loudest half second."""
_MOST_SAMPLES = 8 * noises.RATE_HZ


def looked(done: Done) -> None:
    """All sound is listened to."""


def score(case: Case, done: Done) -> Tally:
    """Count events that share half of their time with one there is, and how far off they begin."""
    found = done[Sounds].result.events if Sounds in done else ()
    there = case.truth[TRUTH]
    if case.truth.get("recorded"):
        return _of_recordings(found, there)
    tally = paired(found, there, _fits)
    off_ms = [
        min(abs(one.start_ms - real["start_ms"]) for one in found if _fits(one, real))
        for real in there
        if any(_fits(one, real) for one in found)
    ]
    tally.also["start off, ms"] = (sum(off_ms), len(off_ms))
    return tally


def _of_recordings(found: Sequence[SoundEvent], there: Sequence[Truth]) -> Tally:
    """Count what is told while it sounds, and by label how much of it."""

    def heard(one: SoundEvent, real: Truth) -> bool:
        near = (real["start_ms"] - _NEAR_MS, real["end_ms"] + _NEAR_MS)
        return one.label == real["label"] and overlap_ms((one.start_ms, one.end_ms), near) > 0

    counted = [one for one in found if one.label in _RECORDED]
    by_label = {
        label: [
            any(heard(one, real) for one in counted) for real in there if real["label"] == label
        ]
        for label in sorted({str(real["label"]) for real in there})
    }
    also = {label: (float(sum(hits)), float(len(hits))) for label, hits in by_label.items()}
    return counts(counted, there, heard, also)


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


def _played(path: Path) -> noises.Sound:
    """Return the first seconds of a recording, as loud as all others in its loudest half second."""
    resampler = av.AudioResampler("flt", "mono", noises.RATE_HZ)
    with av.open(path) as container:
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    frames += resampler.resample(None)
    sound = np.concatenate([frame.to_ndarray().ravel() for frame in frames])[:_MOST_SAMPLES]
    return np.asarray(sound, float) * _LEVEL / _loudest(sound)


def _loudest(sound: noises.Sound) -> float:
    """Return the level of the loudest half second."""
    half = noises.RATE_HZ // 2
    parts = [sound[at : at + half] for at in range(0, max(len(sound) - half, 1), half // 2)]
    return max(float(np.sqrt(np.mean(part**2))) for part in parts) + 1e-9


def _recorded(behind: noises.Sound | None, quieter: float, path: Path) -> Truth:
    """Write the held-out recordings, 4 s apart, over what is `quieter` times as loud."""
    parts, truth, at_s = [noises.silence(2)], [], 2.0
    for label in _RECORDED:
        for recording in filter(recordings.held_out, recordings.recordings(label)):
            sound = _played(recording)
            length_s = len(sound) / noises.RATE_HZ
            truth.append(_span(label, at_s, length_s))
            parts += [sound, noises.silence(4)]
            at_s += length_s + 4
    whole = np.concatenate(parts)
    if behind is not None:
        whole += np.resize(behind * _LEVEL / _loudest(behind) * quieter, len(whole))
    clips.write_wav(path, noises.pcm(whole).tobytes())
    return {TRUTH: truth, "recorded": True}


def _none_of_these(path: Path) -> Truth:
    """Write what is no such sound: precision is the thing here."""
    found = filter(recordings.held_out, recordings.recordings(recordings.NONE))
    parts = [part for one in found for part in (_played(one), noises.silence(2))]
    clips.write_wav(path, noises.pcm(np.concatenate(parts)).tobytes())
    return {TRUTH: [], "recorded": True}


def _over(behind: str, quieter: float, path: Path) -> Truth:
    """Write the recordings over speech or music; each of these is made anew."""
    made = _speech(30) if behind == "speech" else noises.music(30)
    return _recorded(made, quieter, path)


RECIPES = {
    "scenes.wav": partial(_scenes, 0),
    "noisy.wav": partial(_scenes, 1 / _LOUDER),
    "together.wav": _over_one_another,
    "nothing.wav": _nothing,
}
if recordings.FOLDER.exists():
    RECIPES |= {
        "recorded.wav": partial(_recorded, None, 0),
        "recorded-speech-10.wav": partial(_over, "speech", 1 / _LOUDER),
        "recorded-speech-0.wav": partial(_over, "speech", 1),
        "recorded-music-10.wav": partial(_over, "music", 1 / _LOUDER),
        "recorded-music-0.wav": partial(_over, "music", 1),
        "recorded-none.wav": _none_of_these,
    }
