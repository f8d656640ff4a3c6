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


def drawn(at: tuple[int, int]) -> strokes.Strokes:
    """Return the strokes of a line whose baseline begins there, pixels."""
    picture = np.full((360, 640, 3), 60, np.uint8)
    cv2.putText(picture, "Harvest day", at, cv2.FONT_HERSHEY_DUPLEX, 1.1, (240, 240, 240), 2)
    return strokes.strokes(strokes.edges(strokes.shrunk(picture)))


class TestFollow:
    def test_finds_a_line_that_moves_aslant(self) -> None:
        text = strokes.cut_out(drawn((40, 184)), _BOX)

        box = strokes.follow(text, _BOX, drawn((91, 246)), shifts=[], may_move=True)

        assert box is not None
        assert (box[0] - _BOX[0], box[1] - _BOX[1]) == pytest.approx((51, 62), abs=2)

    def test_takes_no_line_far_aslant_for_it(self) -> None:
        text = strokes.cut_out(drawn((40, 184)), _BOX)

        assert strokes.follow(text, _BOX, drawn((300, 346)), shifts=[], may_move=True) is None

    def test_finds_a_line_where_it_stands(self) -> None:
        assert followed("Part: Bread", on="Part: Bread") is not None

    @pytest.mark.parametrize("other", ["Part: Mortgage", "Part: Harbour", "Part: Oxygen"])
    def test_tells_short_lines_apart_that_begin_alike(self, other: str) -> None:
        assert followed("Part: Bread", on=other) is None
