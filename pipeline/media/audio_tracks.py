"""Which audio track to listen to, where there are several."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.media.audio import SAMPLE_RATE_HZ, frames, layout_to_mix, mixed
from pipeline.media.languages import short
from pipeline.results import AudioStream

if TYPE_CHECKING:
    from pipeline.contract import Limits

_SNATCH_S = 15
_PLACES = (0.1, 0.4, 0.7)
"""Where in the video it is listened to: titles and credits are often without speech."""


def first_with_speech(
    streams: Sequence[AudioStream],
    language: str | None,
    speaks: Callable[[AudioStream], bool],
) -> AudioStream:
    """Return the track to listen to: the best by its tags in which anybody speaks.

    Tracks aside of the dialogue go last, those in `language` (ISO 639-1) first, then the one that
    players would take, then the container's order. Where nobody speaks in any, the best by tags.
    """

    def rank(stream: AudioStream) -> tuple[bool, bool, bool, int]:
        foreign = language is not None and short(stream.language or "") != language
        return stream.aside, foreign, not stream.default, stream.index

    ranked = sorted(streams, key=rank)
    if len(ranked) == 1:
        return ranked[0]
    return next(filter(speaks, ranked), ranked[0])


def snatches(
    source: Path, stream_index: int, *, start_ms: int, duration_ms: int, limits: "Limits"
) -> npt.NDArray[np.int16]:
    """Return up to 15 s of the track from each of three places, (n,) int16, mono, 16 kHz.

    What does not decode is left out. Raises what `open_media` does, `TypeError` if the stream is no
    audio.
    """
    from av import AudioResampler, AudioStream, FFmpegError

    from pipeline.media.container import open_media

    taken: list[npt.NDArray[np.int16]] = []
    with open_media(source, limits) as container:
        stream = container.streams[stream_index]
        if not isinstance(stream, AudioStream):
            raise TypeError(f"stream {stream_index} is {stream.type}, not audio")
        for place in _PLACES:
            resampler = AudioResampler("s16", layout_to_mix(stream), SAMPLE_RATE_HZ)
            left = _SNATCH_S * SAMPLE_RATE_HZ
            try:
                container.seek(round((start_ms + place * duration_ms) * 1000))
                for frame in frames(container, stream):
                    for part in resampler.resample(frame):
                        taken.append(mixed(part))
                        left -= part.samples
                    if left <= 0:
                        break
            except (FFmpegError, ValueError):  # damage, or another form amid the track
                continue
    return np.concatenate(taken) if taken else np.zeros(0, np.int16)
