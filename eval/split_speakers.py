"""Who speaks, in conversations made of the sample's two voices, and of these in other pitches.

Half a dozen people are none of two voices shifted, and nobody interrupts: expect more errors of
people. `EVAL_DIR` takes recordings of your own, whose truth lists `turns` with `speaker`,
`start_ms` and `end_ms`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eval.cases import SAMPLE_TRUTH, Case, Truth
from eval.running import Done
from eval.scores import Tally
from pipeline.results import Speakers
from tests import clips, noises

TRUTH = "turns"
_COLLAR_MS = 250
"""Around a change of speaker this much is not scored, as is usual."""
_WOMAN, _MAN = (1, 3, 5), (0, 2, 4, 6)
"""Which of the sample's sentences each voice speaks."""
_PER_MS = 16

Frames = npt.NDArray[np.int64]
"""For each ms who speaks, from 1; 0: nobody."""


def looked(done: Done) -> None:
    """All sound is listened to."""


def score(case: Case, done: Done) -> Tally:
    """Count ms of speech. "DER": missed, invented and mistaken, for each ms there is."""
    there = [(str(t["speaker"]), t["start_ms"], t["end_ms"]) for t in case.truth[TRUTH]]
    turns = done[Speakers].result.turns if Speakers in done else ()
    found = [(str(turn.speaker), turn.start_ms, turn.end_ms) for turn in turns]
    length_ms = max((end for _, _, end in (*there, *found)), default=0)
    true, told = _frames(there, length_ms), _frames(found, length_ms)
    scored = np.ones(length_ms, bool)
    for _, start_ms, end_ms in there:
        for edge in (start_ms, end_ms):
            scored[max(0, edge - _COLLAR_MS) : edge + _COLLAR_MS] = False
    true, told = true[scored], told[scored]
    both = (true > 0) & (told > 0)
    right = _matched(true[both], told[both])
    missed, invented = int(((true > 0) & (told == 0)).sum()), int(((true == 0) & (told > 0)).sum())
    speech = int((true > 0).sum())
    errors = missed + invented + int(both.sum()) - right
    off = abs(len({who for who, _, _ in there}) - len({who for who, _, _ in found}))
    return Tally(
        found=int((told > 0).sum()),
        right=right,
        there=speech,
        hit=right,
        also={"DER": (errors, speech), "speakers too many or few": (off, 1)},
    )


def _frames(turns: Sequence[tuple[str, int, int]], length_ms: int) -> Frames:
    frames, numbers = np.zeros(length_ms, np.int64), dict[str, int]()
    for who, start_ms, end_ms in turns:
        frames[start_ms:end_ms] = numbers.setdefault(who, len(numbers) + 1)
    return frames


def _matched(true: Frames, told: Frames) -> int:
    """Return for how many ms they agree, each voice called what it shares most time with."""
    shared = np.zeros((true.max(initial=0) + 1, told.max(initial=0) + 1), np.int64)
    np.add.at(shared, (true, told), 1)
    agreed = 0
    while shared.any():
        row, column = np.unravel_index(shared.argmax(), shared.shape)
        agreed += int(shared[row, column])
        shared[row], shared[:, column] = 0, 0
    return agreed


def _talk(voices: Mapping[str, tuple[Sequence[int], float]], seed: int, path: Path) -> Truth:
    """Write who says what in turn, of voices that each have sentences and a pitch."""
    sample = np.frombuffer(clips.spoken(), "<i2")
    random = np.random.default_rng(seed)
    parts, truth = [np.zeros(16_000, np.int16)], []
    for name in [*voices, *random.permutation([*voices] * 2)]:
        sentences, pitch = voices[name]
        sentence = SAMPLE_TRUTH["sentences"][int(random.choice(sentences))]
        said = sample[sentence["start_ms"] * _PER_MS : sentence["end_ms"] * _PER_MS]
        at = np.arange(int(len(said) / pitch)) * pitch
        start_ms = sum(map(len, parts)) // _PER_MS
        parts.append(np.interp(at, np.arange(len(said)), said).astype(np.int16))
        end_ms = sum(map(len, parts)) // _PER_MS
        truth.append({"speaker": name, "start_ms": start_ms, "end_ms": end_ms})
        parts.append(np.zeros(int(random.uniform(0.2, 0.9) * noises.RATE_HZ), np.int16))
    clips.write_wav(path, np.concatenate(parts).tobytes())
    return {TRUTH: truth}


def _music(path: Path) -> Truth:
    """Write music and noise: nobody speaks."""
    sound = np.concatenate([noises.music(15), noises.noise(10)])
    clips.write_wav(path, noises.pcm(sound).tobytes())
    return {TRUTH: []}


def _music_after(path: Path) -> Truth:
    """Write the sample's conversation, and again with music as loud as the voices over it."""
    sample = np.frombuffer(clips.spoken(), "<i2") / 32_768
    level = np.sqrt(np.mean(sample[np.abs(sample) > 0.001] ** 2))
    band = noises.music(len(sample) / noises.RATE_HZ)[: len(sample)]
    over = sample + np.resize(band, len(sample)) * level / np.sqrt(np.mean(band**2))
    clips.write_wav(path, noises.pcm(np.concatenate([sample, over])).tobytes())
    turns = [
        {
            "speaker": "woman" if index in _WOMAN else "man",
            "start_ms": one["start_ms"] + later_ms,
            "end_ms": one["end_ms"] + later_ms,
        }
        for later_ms in (0, len(sample) // _PER_MS)
        for index, one in enumerate(SAMPLE_TRUTH["sentences"])
    ]
    return {TRUTH: turns}


_SHIFTED = {
    f"{who} {pitch}": (sentences, pitch)
    for who, sentences in (("woman", _WOMAN), ("man", _MAN))
    for pitch in (0.8, 1.0, 1.25)
}
RECIPES = {
    "one.wav": partial(_talk, {"man": (_MAN, 1.0)}, 1),
    "two.wav": partial(_talk, {"man": (_MAN, 1.0), "woman": (_WOMAN, 1.0)}, 2),
    "six.wav": partial(_talk, _SHIFTED, 3),
    "music.wav": _music,
    "music-after.wav": _music_after,
}
