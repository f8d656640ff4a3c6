"""Words heard: the sample's seven sentences as they are, under noise, and through a telephone."""

import wave
from collections.abc import Callable
from functools import partial
from pathlib import Path

import jiwer
import numpy as np

from eval import captions
from eval.cases import SAMPLE_TRUTH, Case, Truth
from eval.running import Done
from eval.scores import Tally
from pipeline.results import Shots, Transcript
from tests import clips

TRUTH = "sentences"
ALSO = ("detect_shots",)
_RATE = 16_000
_LOUDER_DB = 10.0
"""How much louder the speech is than the noise, on average."""
_TELEPHONE_HZ = (300, 3400)

Sound = np.ndarray[tuple[int], np.dtype[np.float64]]
"""`(samples,)` float64 mono at 16 kHz, -1..1."""

_plain = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.SubstituteRegexes({r"[^\w']+": " "}),
        jiwer.Strip(),
    ]
)


def looked(done: Done) -> None:
    """All sound is listened to."""


def score(case: Case, done: Done) -> Tally:
    """Count words. "WER" is errors a word; "start off" how far cues begin from sentences, ms.

    "rules" is the share of captions that keep every rule of subtitling, cuts included.
    """
    cues = done[Transcript].result.cues if Transcript in done else ()
    sentences = case.truth[TRUTH]
    true = _plain(" ".join(sentence["text"] for sentence in sentences))
    heard = _plain(" ".join(cue.text for cue in cues))
    words = jiwer.process_words(true, heard)
    there = len(true.split())
    errors = words.substitutions + words.deletions + words.insertions
    off_ms = [min(abs(c.start_ms - s["start_ms"]) for c in cues) for s in sentences if cues]
    return Tally(
        found=len(heard.split()),
        right=words.hits,
        there=there,
        hit=words.hits,
        also={
            "WER": (errors, there),
            "start off, ms": (sum(off_ms), len(off_ms)),
            "rules": _rules(done),
        },
    )


def _rules(done: Done) -> tuple[int, int]:
    if Transcript not in done:
        return 0, 0
    shots = done[Shots].result.shots if Shots in done else ()
    return captions.kept(done[Transcript].result.cues, shots)


def _changed(change: Callable[[Sound], Sound], path: Path) -> Truth:
    """Write the sample's speech, changed."""
    clips.speech(path, times=1)
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    clips.write_wav(path, (change(sound).clip(-1, 1) * 32767).astype("<i2").tobytes())
    return {TRUTH: SAMPLE_TRUTH[TRUTH]}


def _under_noise(speech: Sound) -> Sound:
    """Add pink noise, which weighs each octave alike, as rooms and streets nearly do."""
    noise = np.fft.rfft(np.random.default_rng(11).standard_normal(len(speech)))
    noise[1:] /= np.sqrt(np.arange(1, len(noise)))
    pink = np.fft.irfft(noise, len(speech))
    loudness = np.sqrt(np.mean(speech**2) / np.mean(pink**2))
    return np.asarray(speech + pink * loudness / 10 ** (_LOUDER_DB / 20))


def _through_a_telephone(speech: Sound) -> Sound:
    """Leave the frequencies that an old telephone carries, in eight bits."""
    parts = np.fft.rfft(speech)
    hertz = np.fft.rfftfreq(len(speech), 1 / _RATE)
    parts[(hertz < _TELEPHONE_HZ[0]) | (hertz > _TELEPHONE_HZ[1])] = 0
    return np.round(np.fft.irfft(parts, len(speech)) * 127) / 127


RECIPES = {
    "noise.wav": partial(_changed, _under_noise),
    "telephone.wav": partial(_changed, _through_a_telephone),
}
