"""Decodes every picture of a file once, in order, with the time that it is shown."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from av.video.frame import VideoFrame

from pipeline.media.container import decoded, packets, set_anew, start_time
from pipeline.media.interlace import Deinterlacer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.video.stream import VideoStream

FAULTS = 2
"""So many more pts than dts must be out of order before dts are believed."""


class Clock:
    """Turns pts into strictly ascending ms of the timeline, in exact integer arithmetic.

    A missing time is filled with the usual distance, a doubled or slightly backward one moves
    1 ms after its forerunner, and after a reset or a leap time goes on where it stopped.
    """

    def __init__(self, time_base: Fraction, start: Fraction, usual_ms: int) -> None:
        """`start`: the container's start offset in seconds; `usual_ms`: between two pictures."""
        # at_ms = round(1000 * (pts * time_base - start)), over one common denominator
        self._per_tick = 1000 * time_base.numerator * start.denominator
        self._offset = 1000 * start.numerator * time_base.denominator
        self._denominator = time_base.denominator * start.denominator
        self._usual_ms = usual_ms
        self._last = -1
        self._shift = 0
        self._pts, self._dts = _Stamps(), _Stamps()
        self._delay: int | None = None

    def read(self, pts: int | None, dts: int | None = None) -> int:
        """Return when the next picture is shown; `dts` stands in for a pts that is no use."""
        self._pts.see(pts)
        self._dts.see(dts)
        if self._delay is None and dts is not None:
            # A decoder gives a picture back some packets after it was stored.
            self._delay = 0 if pts is None else dts - pts
        # AVI stores no pts, and what is made up for reordered pictures jumps to and fro. The
        # rule is FFmpeg's (libavcodec/decode.c): believe what went back less often.
        if dts is not None and (pts is None or self._pts.faults > self._dts.faults + FAULTS):
            pts = dts - (self._delay or 0)
        if pts is None:
            self._last += self._usual_ms if self._last >= 0 else 1
            return self._last
        at = self._exact(pts) + self._shift
        step = at - self._last
        if set_anew(step):
            self._shift += self._usual_ms - step
            step = self._usual_ms
        self._last += max(step, 1)
        return self._last

    def _exact(self, pts: int) -> int:
        scaled = pts * self._per_tick - self._offset
        return (2 * scaled + self._denominator) // (2 * self._denominator)


class _Stamps:
    """Counts how often timestamps that should rise did not."""

    def __init__(self) -> None:
        self.faults = 0
        self._last: int | None = None

    def see(self, stamp: int | None) -> None:
        if stamp is None:
            return
        self.faults += self._last is not None and stamp <= self._last
        self._last = stamp


def usual_gap_ms(stream: VideoStream) -> int:
    """Return the usual distance between two pictures, at least 1 ms."""
    rate = stream.average_rate or stream.guessed_rate
    return max(1, round(1000 / Fraction(rate))) if rate else 40


def pictures(
    container: InputContainer, stream: VideoStream, threads: int
) -> Iterator[tuple[int, VideoFrame]]:
    """Yield `(at_ms, frame)` for every picture that decodes, whole; damaged ones are left out."""
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = threads
    clock = Clock(Fraction(stream.time_base or 1), start_time(container), usual_gap_ms(stream))
    whole = Deinterlacer()
    for packet in packets(container, stream):
        for frame in decoded(packet, VideoFrame):
            if not frame.is_corrupt:
                yield from whole.feed(clock.read(frame.pts, frame.dts), frame)
    yield from whole.finish()
