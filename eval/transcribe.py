"""Words heard: the sample's seven sentences as they are, under noise, over music, by telephone.

And cues doubted: between the sentences a crowd babbles backwards, a voice sings without words, a
band plays. What is written there is made up, and has to be flagged; what is said must not be.
"""

import wave
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from django.conf import settings

from eval import captions
from eval.cases import SAMPLE_TRUTH, Case, Truth
from eval.running import THREADS, Done
from eval.scores import Tally, overlap_ms
from pipeline.engines import catalogue
from pipeline.results import Audio, Cue, Shots, Transcript
from tests import clips, unspoken

TRUTH = "sentences"
ALSO = ("detect_shots",)
_RATE = 16_000
_PER_MS = 16
_LOUDER_DB = 10.0
"""How much louder the speech is than the noise, on average."""
_TELEPHONE_HZ = (300, 3400)
_LATE_MS = 250
_BETWEEN_MS = 4_000
_CROWD_MS = 20_000
_LEAD_MS = 390
"""Of silence about each sentence of the sample, at least."""

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
    """Count words. Besides:

    - "WER": errors a word; "trusted WER" of the cues without flags, "engine WER" of the engine's
      own batched call;
    - "start off, ms": how far cues begin from sentences, on average and (p95) all but one in twenty,
      and "starts late": how many by over 0.25 s;
    - "language right": sentences most of whose words are in cues of their `language`, as far as the
      truth names one;
    - "rules": captions that keep every rule of subtitling, cuts included;
    - "flags right": flagged cues where nobody speaks, of all flagged; "made up, flagged": flagged
      ones of all cues where nobody speaks.
    """
    cues = done[Transcript].result.cues if Transcript in done else ()
    sentences = case.truth[TRUTH]
    spans = [(sentence["start_ms"], sentence["end_ms"]) for sentence in sentences]
    true = _plain(" ".join(sentence["text"] for sentence in sentences))
    heard = _plain(" ".join(cue.text for cue in cues))
    trusted = _plain(" ".join(cue.text for cue in cues if not cue.flags))
    words = jiwer.process_words(true, heard)
    there = len(true.split())
    off_ms = [min(abs(cue.start_ms - start) for cue in cues) for start, _ in spans if cues]
    made_up = [cue for cue in cues if _nobody_speaks(cue, spans)]
    flagged = [cue for cue in cues if cue.flags]
    right = sum(bool(cue.flags) for cue in made_up)
    return Tally(
        found=len(heard.split()),
        right=words.hits,
        there=there,
        hit=words.hits,
        also={
            "WER": (_errors(true, heard), there),
            "trusted WER": (_errors(true, trusted), there),
            "engine WER": (_errors(true, _plain(_engine_alone(done))), there),
            "start off, ms": (sum(off_ms), len(off_ms)),
            "starts late": (sum(off > _LATE_MS for off in off_ms), len(off_ms)),
            "language right": _languages(sentences, cues),
            "rules": _rules(done),
            "flags right": (right, len(flagged)),
            "made up, flagged": (right, len(made_up)),
        },
        p95={"start off, ms": tuple(off_ms)},
    )


def _errors(true: str, heard: str) -> int:
    words = jiwer.process_words(true, heard)
    return int(words.substitutions + words.deletions + words.insertions)


def _nobody_speaks(cue: Cue, spans: Sequence[tuple[int, int]]) -> bool:
    said = (cue.words[0].start_ms, cue.words[-1].end_ms)
    return 2 * sum(overlap_ms(said, span) for span in spans) < said[1] - said[0]


def _languages(sentences: Sequence[dict[str, Any]], cues: Sequence[Cue]) -> tuple[int, int]:
    """Return how many sentences were heard in their language, and how many name one."""
    named = [sentence for sentence in sentences if "language" in sentence]
    right = 0
    for sentence in named:
        heard = [
            cue.language
            for cue in cues
            for word in cue.words
            if sentence["start_ms"] <= (word.start_ms + word.end_ms) // 2 < sentence["end_ms"]
        ]
        right += 2 * heard.count(sentence["language"]) > len(heard)
    return right, len(named)


def _rules(done: Done) -> tuple[int, int]:
    if Transcript not in done:
        return 0, 0
    shots = done[Shots].result.shots if Shots in done else ()
    return captions.kept(done[Transcript].result.cues, shots)


def _engine_alone(done: Done) -> str:
    """Return what faster-whisper's batched pipeline writes by itself, with its defaults."""
    if Audio not in done:
        return ""
    audio = done[Audio]
    sound = np.load(audio.directory / audio.result.file).astype(np.float32) / 32_768
    segments, _ = _engine().transcribe(sound, beam_size=5)
    return " ".join(segment.text for segment in segments)


@cache
def _engine() -> Any:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    folder = catalogue.locate("whisper-base", settings.MODELS_DIR)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=THREADS)
    return BatchedInferencePipeline(model)


def _sound(path: Path) -> Sound:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def _changed(change: Callable[[Sound], Sound], path: Path) -> Truth:
    """Write the sample's speech, changed."""
    clips.speech(path, times=1)
    sound = _sound(path)
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


def _over_music(speech: Sound) -> Sound:
    """Add a band, a third as loud."""
    return np.asarray(speech + 0.3 * unspoken.song(len(speech), 5))


def _among_others(seed: int, path: Path) -> Truth:
    """Write the sample's sentences with four seconds of something else after each."""
    clips.speech(path, times=1)
    voice = _sound(path)
    crowd = partial(unspoken.babble, voice=voice)
    others = (crowd, unspoken.humming, unspoken.song, unspoken.applause)
    pieces, sentences, at_ms = [], [], 0
    for i, sentence in enumerate(SAMPLE_TRUTH[TRUTH]):
        first, last = sentence["start_ms"] - _LEAD_MS, sentence["end_ms"] + _LEAD_MS
        other = others[i % len(others)](_BETWEEN_MS * _PER_MS, seed + i)
        pieces += [voice[first * _PER_MS : last * _PER_MS], other]
        start_ms = at_ms + _LEAD_MS
        end_ms = start_ms + sentence["end_ms"] - sentence["start_ms"]
        sentences.append({**sentence, "start_ms": start_ms, "end_ms": end_ms})
        at_ms += last - first + _BETWEEN_MS
    clips.write_wav(path, unspoken.as_samples(np.concatenate(pieces)).tobytes())
    return {TRUTH: sentences}


def _nobody(path: Path) -> Truth:
    """Write noise and music, four seconds of each, and crowds of whom no word can be told."""
    clips.speech(path, times=1)
    crowd = partial(unspoken.babble, voice=_sound(path))
    kinds = (*unspoken.NOISE, *unspoken.MUSIC)
    sounds = [kind(_BETWEEN_MS * _PER_MS, 7) for kind in kinds]
    crowds = [crowd(_CROWD_MS * _PER_MS, seed) for seed in (10, 20, 30)]
    clips.write_wav(path, unspoken.as_samples(np.concatenate([*sounds, *crowds])).tobytes())
    return {TRUTH: []}


RECIPES = {
    "noise.wav": partial(_changed, _under_noise),
    "telephone.wav": partial(_changed, _through_a_telephone),
    "over_music.wav": partial(_changed, _over_music),
    "among_others_1.wav": partial(_among_others, 1),
    "among_others_2.wav": partial(_among_others, 2),
    "nobody.wav": _nobody,
}
