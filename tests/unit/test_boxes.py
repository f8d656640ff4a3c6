"""Boxes of detectors, as they are told."""

import numpy as np
import pytest

from pipeline.engines.boxes import within


class TestWithin:
    @pytest.mark.parametrize(
        ("box", "told"),
        [
            ((10, 20, 30, 40), (0.0781, 0.2222, 0.2344, 0.4445)),
            ((-10, -20, 30, 40), (0.0, 0.0, 0.1562, 0.2222)),
            ((100, 80, 60, 40), (0.7812, 0.8889, 0.2188, 0.1111)),
            ((200, 200, 10, 10), (1.0, 1.0, 0.0, 0.0)),
        ],
    )
    def test_cuts_off_what_lies_outside(
        self, box: tuple[int, int, int, int], told: tuple[float, float, float, float]
    ) -> None:
        assert within(np.array(box, np.float32), 128, 90) == told

    def test_never_reaches_beyond_the_picture(self) -> None:
        rng = np.random.default_rng(5)

        for box in rng.uniform(0, 300, (200, 4)).astype(np.float32):
            x, y, width, height = within(box, 320, 180)
            assert max(x + width, y + height) <= 1 + 1e-9
