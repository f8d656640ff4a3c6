"""Hashes of pictures that move, without the pictures."""

import numpy as np

from pipeline.media.matching import Steps


def moving(seed: int, length: int, bits: int = 12) -> Steps:
    """Return hashes of which each differs from the one before by about so many bits."""
    rng = np.random.default_rng(seed)
    hashes = np.cumsum(rng.random((length, 256)) < bits / 256, axis=0) + rng.integers(0, 2, 256)
    return np.packbits(hashes % 2 == 1, axis=1)


def recoded(hashes: Steps, bits: int = 8) -> Steps:
    """Return hashes as another encoding of the same pictures has them."""
    noise = np.random.default_rng(99).random((len(hashes), 256)) < bits / 256
    return hashes ^ np.packbits(noise, axis=1)
