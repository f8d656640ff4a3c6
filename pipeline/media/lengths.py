"""How long a file is: as its header says, where its last packets agree."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

import av

from pipeline.media.container import packets, start_time

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

TAIL_PACKETS = 50_000
TOLERANCE_MS = 100
"""A stated duration this near to what the packets say is kept."""


def duration_of(container: InputContainer) -> int:
    """Return the length in ms: as stated where the last packets agree, else theirs.

    Headers are written first and lie when a recording was cut off, joined or streamed.
    """
    stated_ms = (container.duration or 0) * 1000 // av.time_base
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
    timed = (*container.streams.video, *container.streams.audio)
    last = None
    for count, packet in enumerate(packets(container, *timed)):
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
