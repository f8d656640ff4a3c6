"""A text is followed by its strokes."""

import cv2
import numpy as np
import pytest

from pipeline.media import strokes
from pipeline.media.pictures import Picture
from pipeline.media.text_lines import PixelBox

_BOX: PixelBox = (35, 150, 200, 44)


def slide(text: str) -> Picture:
    """Return a grey picture, (360, 640, 3) uint8 BGR, with a short line at one place."""
    picture = np.full((360, 640, 3), 60, np.uint8)
    cv2.putText(picture, text, (40, 184), cv2.FONT_HERSHEY_DUPLEX, 1.1, (240, 240, 240), 2)
    return picture


def followed(text: str, on: str) -> PixelBox | None:
    """Return where `text` is on the slide that shows `on`."""
    field = strokes.strokes(strokes.edges(strokes.shrunk(slide(text))))
    there = strokes.strokes(strokes.edges(strokes.shrunk(slide(on))))
    return strokes.follow(strokes.cut_out(field, _BOX), _BOX, there, shifts=[], may_move=False)


class TestFollow:
    def test_finds_a_line_where_it_stands(self) -> None:
        assert followed("Part: Bread", on="Part: Bread") is not None

    @pytest.mark.parametrize("other", ["Part: Mortgage", "Part: Harbour", "Part: Oxygen"])
    def test_tells_short_lines_apart_that_begin_alike(self, other: str) -> None:
        assert followed("Part: Bread", on=other) is None
