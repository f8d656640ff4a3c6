"""Makes faces in a picture and stretches of sound unrecognisable, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from av.audio.frame import AudioFrame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av.video.frame import VideoFrame

    from pipeline.media.pictures import Picture
    from pipeline.results import Box

WIDENED = 1.6
"""An ellipse in a box widened by this holds the whole box, hair and chin."""
CELLS = 3
"""So many means across and down are all that is left, two across the face itself. Of five the
detector still took one blur in ten for a face."""

MARGIN_MS = 20
"""Sound is muted so much longer at both ends: a word's first sound may come before its cue."""
BEEP_HZ, BEEP_LEVEL = 1000, 0.1
"""-20 dB of full scale."""


def hide_boxes(frame: VideoFrame, boxes: Iterable[Box]) -> VideoFrame:
    """Return `frame`, upright `yuv420p`, with an ellipse around each box reduced to a blur.

    What is blurred are few means over the whole place, as many for a large face as for a small
    one; the grid moves with the face, so one picture tells no more than the next.
    """
    frame.make_writable()  # a decoder may still predict from it
    boxes = list(boxes)
    for plane in frame.planes:
        pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        for box in boxes:
            _blur(pixels[:, : plane.width], box)
    return frame


def _blur(pixels: Picture, box: Box) -> None:
    height, width = pixels.shape
    centre_x, centre_y = (box[0] + box[2] / 2) * width, (box[1] + box[3] / 2) * height
    across, down = max(box[2] * width * WIDENED / 2, 1.0), max(box[3] * height * WIDENED / 2, 1.0)
    left, right = max(int(centre_x - across), 0), min(int(centre_x + across) + 1, width)
    top, bottom = max(int(centre_y - down), 0), min(int(centre_y + down) + 1, height)
    if left >= right or top >= bottom:
        return
    place = pixels[top:bottom, left:right]
    means = cv2.resize(place, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(means, place.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    columns = (np.arange(left, right) + 0.5 - centre_x) / across
    rows = (np.arange(top, bottom) + 0.5 - centre_y) / down
    np.copyto(place, blurred, where=(rows**2)[:, None] + columns**2 <= 1)


class Muting:
    """Silences spans of the timeline, or beeps over them, to the sample."""

    def __init__(
        self, spans_ms: Iterable[tuple[int, int]], *, rate_hz: int, beep: bool = False
    ) -> None:
        """`spans_ms`: starts and ends, in any order."""
        self._spans = sorted(
            (max(start - MARGIN_MS, 0) * rate_hz // 1000, (end + MARGIN_MS) * rate_hz // 1000)
            for start, end in spans_ms
        )
        self._level = BEEP_LEVEL if beep else 0.0
        self._rate_hz = rate_hz

    def edit(self, first: int, frame: AudioFrame) -> AudioFrame:
        """Return `frame`, `fltp`, whose first sample is the `first` of the timeline."""
        last = first + frame.samples
        spans = [(a, b) for a, b in self._spans if a < last and b > first]
        if not spans:
            return frame
        samples = frame.to_ndarray()
        for start, end in spans:
            muted = np.arange(max(start, first), min(end, last))
            tone = self._level * np.sin(2 * np.pi * BEEP_HZ / self._rate_hz * muted)
            samples[:, muted - first] = tone
        edited = AudioFrame.from_ndarray(samples, format="fltp", layout=frame.layout.name)
        edited.sample_rate = frame.sample_rate
        return edited
