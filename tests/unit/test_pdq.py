"""PDQ in NumPy against the reference implementation."""

import numpy as np
import pytest

from pipeline.media import pdq


def blocks(seed: int) -> np.ndarray:
    """Draw grey blocks of 7 by 7 pixels. Of 8 by 8, cosines would come to nothing but rounding."""
    shades = np.random.default_rng(seed).integers(0, 256, (10, 10))
    return np.kron(shades, np.ones((7, 7)))[:64, :64].astype(np.float64)


class TestHashes:
    @pytest.mark.parametrize(
        ("seed", "expected"),
        [
            (1, "d9c821e799dd8e391a4ee660b5ad62725a5aed91e1e171c6e6200e1e66774273"),
            (2, "55a0fa80499b3d87c9d0aa71b9812666557e1d0e863fc278b625057faae79d8b"),
            (3, "8db97bc27d96ee31899975423727c2f888d8a22d756611ce863d073c7246a9b5"),
        ],
    )
    def test_equal_the_reference(self, seed: int, expected: str) -> None:
        """As pdqhash 0.2.8 computes them, which wraps Meta's own C++."""
        bits, quality = pdq.hashes(blocks(seed)[None])

        assert bits[0].tobytes().hex() == expected
        assert quality[0] == 100

    def test_of_many_are_those_of_each(self) -> None:
        pictures = np.stack([blocks(seed) for seed in range(5)])

        together, _ = pdq.hashes(pictures)

        assert (together == np.concatenate([pdq.hashes(p[None])[0] for p in pictures])).all()

    def test_change_little_with_brightness_and_contrast(self) -> None:
        bits, _ = pdq.hashes(np.stack([blocks(1), blocks(1) * 0.6 + 20]))

        assert np.bitwise_count(bits[0] ^ bits[1]).sum() <= 4

    def test_of_flat_pictures_have_no_quality(self) -> None:
        flat = np.full((64, 64), 90.0)
        speck = flat.copy()
        speck[30:34, 30:34] = 100

        assert pdq.hashes(np.stack([flat, speck]))[1].tolist() == [0, 0]
