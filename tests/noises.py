"""Sounds that a recipe makes: what they are is known, to the sample."""

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000

Sound = npt.NDArray[np.float64]
"""`(samples,)` float64 mono at 16 kHz, -1..1."""


def siren(length_s: float) -> Sound:
    """A police car's: a tone with overtones that rises and falls every 4.5 s."""
    at_s = _times(length_s)
    return 0.3 * _tone(700 + 400 * (1 - np.cos(2 * np.pi * at_s / 4.5)), overtones=8)


def smoke_alarm(length_s: float) -> Sound:
    """Three beeps of 3.15 kHz in two seconds, and again."""
    at_s = _times(length_s)
    sounding = (at_s % 2 < 1.5) & (at_s % 0.5 < 0.3)
    return 0.3 * sounding * _tone(np.full(len(at_s), 3150.0), overtones=2)


def music(length_s: float) -> Sound:
    """Plucked notes of C major, four a second."""
    sound = np.zeros(len(_times(length_s)))
    notes = [261.6, 329.6, 392.0, 523.3, 440.0, 349.2, 293.7, 392.0]
    for count in range(int(length_s * 4)):
        start = count * RATE_HZ // 4
        at_s = _times(1.2)[: len(sound) - start]
        hertz = notes[count * 3 % len(notes)] * (1 if count % 4 else 0.5)
        overtones = (np.sin(2 * np.pi * hertz * n * at_s) / n for n in range(1, 6))
        sound[start : start + len(at_s)] += np.exp(-4 * at_s) * sum(overtones)
    return 0.15 * sound


def noise(length_s: float, seed: int = 3) -> Sound:
    """Pink noise: each octave has as much."""
    count = len(_times(length_s))
    parts = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    parts[1:] /= np.sqrt(np.arange(1, len(parts)))
    pink = np.fft.irfft(parts, count)
    return np.asarray(0.1 * pink / pink.std())


def silence(length_s: float) -> Sound:
    return np.zeros(len(_times(length_s)))


def pcm(sound: Sound) -> npt.NDArray[np.int16]:
    """Return the sound as a track holds it."""
    return (sound.clip(-1, 1) * 32_767).astype(np.int16)


def _times(length_s: float) -> Sound:
    return np.arange(int(length_s * RATE_HZ)) / RATE_HZ


def _tone(hertz: Sound, overtones: int) -> Sound:
    phase = 2 * np.pi * np.cumsum(hertz) / RATE_HZ
    heard = (np.sin(phase * n) / n**1.2 * (hertz * n < 7600) for n in range(1, overtones + 1))
    return np.asarray(sum(heard))
