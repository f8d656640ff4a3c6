"""What moves from one sample to the next, in places of a few pixels."""

import numpy as np
import pytest

from pipeline.media.text_motion import coarse


class TestPlaces:
    @pytest.mark.parametrize("shape", [(1, 1), (1, 640), (640, 1)])
    def test_are_there_in_pictures_smaller_than_one(self, shape: tuple[int, int]) -> None:
        places = coarse(np.ones(shape, np.float32))

        assert min(places.shape) == 1
        assert np.all(places == 1)
