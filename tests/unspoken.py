"""Sounds that are no speech, drawn by arithmetic: noise, weather, applause, music, wordless singing.

All are (samples,) float64, mono, 16 kHz, -1..1, and the same for the same seed.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

RATE = 16_000
Sound = npt.NDArray[np.float64]
Recipe = Callable[[int, int], Sound]

_SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
# Formants of five vowels: frequency and bandwidth in Hz.
_VOWELS = (
    ((730, 90), (1090, 110), (2440, 170)),
    ((270, 60), (2290, 100), (3010, 170)),
    ((300, 60), (870, 90), (2240, 170)),
    ((530, 80), (1840, 100), (2480, 170)),
    ((570, 80), (840, 90), (2410, 170)),
)


def silence(count: int, seed: int) -> Sound:
    """Return nothing, as a muted microphone gives it."""
    return np.random.default_rng(seed).standard_normal(count) * 1e-4


def white(count: int, seed: int) -> Sound:
    return np.random.default_rng(seed).standard_normal(count) * 0.1


def pink(count: int, seed: int, *, steepness: float = 1) -> Sound:
    """Return noise whose power falls with frequency, as that of rooms and streets does."""
    parts = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    parts[0] = 0
    parts[1:] /= np.arange(1, len(parts)) ** (steepness / 2)
    return _loud(np.fft.irfft(parts, count), 0.4)


def wind(count: int, seed: int) -> Sound:
    return pink(count, seed, steepness=2) * (0.5 + 0.5 * np.sin(0.94 * _seconds(count) + seed))


def hum(count: int, seed: int) -> Sound:
    """Return what mains leave in a recording."""
    wave = sum(np.sin(2 * np.pi * 50 * k * _seconds(count) + seed) / k for k in range(1, 9))
    return 0.15 * np.asarray(wave)


def applause(count: int, seed: int) -> Sound:
    random = np.random.default_rng(seed)
    sound, length = np.zeros(count), RATE * 3 // 100
    for at in random.integers(0, count - length, count * 60 // RATE):
        clap = random.standard_normal(length) * np.exp(-_seconds(length) * random.uniform(80, 200))
        sound[at : at + length] += clap
    return _loud(sound, 0.6)


def chords(count: int, seed: int) -> Sound:
    random = np.random.default_rng(seed)
    return _played(
        count,
        (
            _fading(np.sum([_tone(root * 2 ** (step / 12), length) for step in (0, 4, 7)], 0), 0.8)
            for root, length in _notes(random, 110, (0.5, 1, 1.5))
        ),
    )


def melody(count: int, seed: int) -> Sound:
    random = np.random.default_rng(seed)
    notes = _notes(random, 330, (0.25, 0.5, 0.75))
    return _played(count, (_fading(_tone(hertz, length), 0.5) for hertz, length in notes))


def drums(count: int, seed: int) -> Sound:
    random = np.random.default_rng(seed)
    at = _seconds(RATE // 4)

    def strokes() -> Iterator[Sound]:
        while True:
            yield np.sin(2 * np.pi * 60 * at * (1 + np.exp(-30 * at))) * np.exp(-12 * at)
            yield 0.3 * random.standard_normal(len(at)) * np.exp(-60 * at)
            yield 0.6 * random.standard_normal(len(at)) * np.exp(-25 * at)
            yield 0.3 * random.standard_normal(len(at)) * np.exp(-60 * at)

    return _played(count, strokes())


def band(count: int, seed: int) -> Sound:
    parts = 0.5 * chords(count, seed) + 0.35 * drums(count, seed) + 0.4 * melody(count, seed)
    return np.asarray(parts)


def humming(count: int, seed: int) -> Sound:
    """Return a voice that sings vowels, no words."""
    random = np.random.default_rng(seed)

    def sung() -> Iterator[Sound]:
        for hertz, length in _notes(random, 150, (0.4, 0.6, 0.9, 1.4)):
            sound = _shaped(
                _tone(hertz, length, harmonics=25, vibrato=0.35), int(random.integers(5))
            )
            at, end_s = _seconds(length), length / RATE
            yield _loud(sound, 1) * np.clip(np.minimum(at / 0.06, (end_s - at) / 0.08), 0, 1)
            yield np.zeros(random.choice([0, 0, RATE // 3]))

    return _played(count, sung())


def song(count: int, seed: int) -> Sound:
    return np.asarray(0.6 * band(count, seed) + 0.6 * humming(count, seed))


def babble(count: int, seed: int, *, voice: Sound) -> Sound:
    """Return a crowd: eight times the voice, backwards, so that no word is in it."""
    shifts = np.random.default_rng(seed).integers(0, len(voice), 8)
    crowd = sum(np.roll(voice, shift)[::-1] for shift in shifts)
    return _loud(np.resize(np.asarray(crowd), count), 0.5)


NOISE: tuple[Recipe, ...] = (silence, white, pink, wind, hum, applause)
MUSIC: tuple[Recipe, ...] = (chords, melody, drums, band, humming, song)


def as_samples(sound: Sound) -> npt.NDArray[np.int16]:
    return (np.clip(sound, -1, 1) * 32_767).astype(np.int16)


def _seconds(count: int) -> Sound:
    return np.arange(count) / RATE


def _loud(sound: Sound, peak: float) -> Sound:
    return np.asarray(sound / np.abs(sound).max() * peak)


def _notes(
    random: np.random.Generator, lowest_hz: float, lengths_s: tuple[float, ...]
) -> Iterator[tuple[float, int]]:
    """Yield frequencies in Hz and lengths in samples, without end."""
    while True:
        step = _SCALE[random.integers(len(_SCALE))]
        yield lowest_hz * 2 ** (step / 12), int(random.choice(lengths_s) * RATE)


def _tone(hertz: float, length: int, *, harmonics: int = 8, vibrato: float = 0.0) -> Sound:
    at = _seconds(length)
    phase = 2 * np.pi * hertz * at + vibrato * np.sin(2 * np.pi * 5.5 * at)
    return np.asarray(sum(np.sin(k * phase) / k for k in range(1, harmonics + 1)))


def _fading(sound: Sound, for_s: float) -> Sound:
    at = _seconds(len(sound))
    return np.asarray(sound) * np.minimum(at / 0.02, 1) * np.exp(-at / for_s)


def _shaped(sound: Sound, vowel: int) -> Sound:
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    gain = sum(1 / (1 + ((hertz - at) / width) ** 2) for at, width in _VOWELS[vowel])
    return np.fft.irfft(np.fft.rfft(sound) * gain, len(sound))


def _played(count: int, pieces: Iterator[Sound]) -> Sound:
    """Lay pieces end to end until there are `count` samples."""
    taken: list[Sound] = []
    while sum(map(len, taken)) < count:
        taken.append(next(pieces))
    return _loud(np.concatenate(taken)[:count], 0.5)
