"""How long a file is: as its header says, where its last packets agree, or all of them together."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from fractions import Fraction
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import av

from pipeline.media.container import packets, set_anew, start_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

TAIL_PACKETS = 50_000
TOLERANCE_MS = 100
"""A stated duration this near to what the packets say is kept."""

JOINABLE = {"mpegts", "mpeg"}
"""Two such files, one behind the other, are one: cameras, recorders and `cat` make them so."""
PLACES = 32
"""At which a joined file's clock is looked at: a part of less than 1/32 may be overlooked."""
MOST_PACKETS = 3_000_000
"""Of twelve hours of pictures and sound; further they are not counted."""


def duration_of(container: InputContainer) -> int:
    """Return the length in ms: as stated where the last packets agree, else theirs.

    Headers are written first and lie when a recording was cut off, joined or streamed.
    """
    stated_ms = (container.duration or 0) * 1000 // av.time_base
    if container.format.name in JOINABLE and _is_joined(container, stated_ms):
        return _summed_ms(container) or stated_ms
    measured_ms = _end_ms(container, stated_ms)
    if measured_ms is None and stated_ms > 0:
        measured_ms = _bisect_end_ms(container, stated_ms)
    if measured_ms is None or abs(measured_ms - stated_ms) <= TOLERANCE_MS:
        return stated_ms
    return measured_ms


def seek(container: InputContainer, at_ms: int) -> bool:
    target = round((start_time(container) + Fraction(at_ms, 1000)) * av.time_base)
    try:
        container.seek(target, backward=True)
    except av.error.FFmpegError:
        return False
    return True


def _end_ms(container: InputContainer, from_ms: int) -> int | None:
    """Return when the last packet ends that follows `from_ms`; None if none can be read.

    Also None where more packets follow than we are ready to read.
    """
    if not seek(container, from_ms) and not seek(container, 0):
        return None
    last = None
    for count, packet in enumerate(packets(container, *_timed(container))):
        end = _packet_end(packet)
        if end is not None and (last is None or end > last):
            last = end
        if count >= TAIL_PACKETS:
            return None
    return None if last is None else round((last - start_time(container)) * 1000)


def _packet_end(packet: Packet[Stream]) -> Fraction | None:
    stamp = packet.dts if packet.pts is None else packet.pts
    if stamp is None or packet.is_discard:
        return None
    return Fraction(stamp + (packet.duration or 0)) * Fraction(packet.time_base)


def _bisect_end_ms(container: InputContainer, stated_ms: int) -> int | None:
    """Return the end of a file that was cut off although its index names what is lost."""
    low, high = 0, stated_ms
    while high - low > 500:
        middle = (low + high) // 2
        if seek(container, middle) and any(p.size for p in islice(packets(container), 4)):
            low = middle
        else:
            high = middle
    return _end_ms(container, low)


def _is_joined(container: InputContainer, stated_ms: int) -> bool:
    """Tell whether the clock is set anew somewhere, by a look at a few places."""
    stream, times = _timed(container)[0], [0.0]
    for place in range(1, PLACES):
        _to_byte(container, container.size * place // PLACES)
        times += islice((at_ms for _, at_ms, _, _ in _stored(container, stream)), 1)
    _to_byte(container, 0)
    steps = (after - before for before, after in pairwise([*times, float(stated_ms)]))
    return any(set_anew(step) for step in steps)


def _summed_ms(container: InputContainer) -> int | None:
    """Read all packets and return the length, the clock going on wherever it is set anew.

    None where there are more than we are ready to read.
    """
    due_ms, shift_ms = defaultdict[int, float](float), defaultdict[int, float](float)
    end_ms = 0.0
    for count, (index, at_ms, lasts_ms, later_ms) in enumerate(
        _stored(container, *_timed(container))
    ):
        if set_anew(at_ms + shift_ms[index] - due_ms[index]):
            shift_ms[index] = due_ms[index] - at_ms
        due_ms[index] = at_ms + shift_ms[index] + lasts_ms
        end_ms = max(end_ms, due_ms[index] + later_ms)
        if count >= MOST_PACKETS:
            return None
    return round(end_ms)


def _stored(
    container: InputContainer, *streams: Stream
) -> Iterator[tuple[int, float, float, float]]:
    """Yield of each packet its stream, its place in stored order, its length, and how much later
    it is shown; all in ms.
    """
    start_ms = float(1000 * start_time(container))
    ticks_ms = {s.index: float(1000 * (s.time_base or Fraction(1))) for s in streams}
    for packet in packets(container, *streams):
        stored = packet.pts if packet.dts is None else packet.dts
        if stored is not None:
            later = 0 if packet.pts is None else packet.pts - stored
            tick_ms = ticks_ms[packet.stream_index]
            yield (
                packet.stream_index,
                stored * tick_ms - start_ms,
                (packet.duration or 0) * tick_ms,
                later * tick_ms,
            )


def _timed(container: InputContainer) -> tuple[Stream, ...]:
    return (*container.streams.video, *container.streams.audio)


def _to_byte(container: InputContainer, offset: int) -> None:
    with suppress(av.error.FFmpegError):  # then what follows is read from where we are
        container.seek(offset, unsupported_byte_offset=True)
