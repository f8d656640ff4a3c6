"""Sound decoded once into the form that speech engines read, on the video's own timeline."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from pipeline.contract import Limits

SAMPLE_RATE_HZ = 16_000
_TOLERANCE_S = 0.05
"""Times that differ less from the count of samples are jitter, not a gap or an overlap."""
_CANCELLED = 0.05
"""Of the channels' power: two that have nothing in common keep half of it when they are mixed."""
_SLACK_MS = 10_000
"""A time this far behind the file's own end is damage and not believed."""


def extract(
    source: Path,
    target: Path,
    *,
    stream_index: int,
    start_ms: int,
    duration_ms: int,
    limits: "Limits",
    report: Callable[[float], None],
) -> int:
    """Write one audio stream to `target` as `.npy`, (samples,) int16, mono, 16 kHz.

    Sample 0 is at 0 ms of the timeline, which is `start_ms` of the container's clock. A late
    start and gaps of up to an hour are filled with silence; what comes early or overlaps is
    dropped. Packets that do not decode are passed over. Where two channels would cancel each other
    one of them is taken. Memory does not grow with the duration.

    Returns the number of samples, 0 if nothing could be decoded. Raises what `open_media` does,
    `TypeError` if the stream is no audio.
    """
    import av

    from pipeline.media.container import open_media

    with (
        open_media(source, limits) as container,
        target.open("wb") as file,
    ):
        stream = container.streams[stream_index]
        if not isinstance(stream, av.AudioStream):
            raise TypeError(f"stream {stream_index} is {stream.type}, not audio")
        sink = _Sink(file)
        aligner = Aligner(
            start_ms=start_ms,
            duration_ms=duration_ms,
            sample_format="s16",
            layout=layout_to_mix(stream),
            rate_hz=SAMPLE_RATE_HZ,
        )
        for frame in frames(container, stream):
            for aligned in aligner.push(frame):
                sink.write(aligned)
            report(min(aligner.written * 1000 / SAMPLE_RATE_HZ / max(duration_ms, 1), 1.0))
        for aligned in aligner.finish():
            sink.write(aligned)
        return sink.close()


def frames(container: "InputContainer", stream: "AudioStream") -> "Iterator[AudioFrame]":
    """Decode from the current position on what can be decoded, past what can't."""
    from av import AudioFrame

    from pipeline.media.container import decoded, packets

    for packet in packets(container, stream):
        yield from decoded(packet, AudioFrame)


def layout_to_mix(stream: "AudioStream") -> str:
    """Return the layout in which `mixed` takes the stream's sound."""
    return "stereo" if stream.channels == 2 else "mono"


def mixed(frame: "AudioFrame") -> npt.NDArray[np.int16]:
    """Return a packed frame of int16, of one channel or two, as one: (samples,) int16.

    A microphone wired the wrong way round gives channels that are each other's negative. Mixed
    they are silence, so there the louder one is taken.
    """
    channels = frame.to_ndarray().reshape(-1, frame.layout.nb_channels).astype(np.int32)
    whole: npt.NDArray[np.int32] = channels.sum(axis=1) // channels.shape[1]
    power = np.square(channels, dtype=np.float64).sum(axis=0)
    if np.square(whole, dtype=np.float64).sum() < _CANCELLED * power.mean():
        whole = channels[:, power.argmax()]
    return whole.astype(np.int16)


class Aligner:
    """Resamples an audio track to one form, sample after sample, on the timeline from 0 ms on."""

    def __init__(
        self, *, start_ms: int, duration_ms: int, sample_format: str, layout: str, rate_hz: int
    ) -> None:
        """`start_ms`: 0 ms of the timeline on the container's clock."""
        self.written = 0
        """Samples given so far, of each channel: when the next one is heard."""
        self._form = (sample_format, layout, rate_hz)
        self._times = _Times(start_ms, duration_ms + _SLACK_MS)
        self._format: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None

    def push(self, frame: "AudioFrame") -> "Iterator[AudioFrame]":
        """Yield what follows the samples given so far; `frame` may come in any format."""
        from av import FFmpegError

        at_ms = self._times.place(frame)
        if at_ms is not None and at_ms > self._times.latest_ms:
            return
        # Broadcasts change between stereo and 5.1; a resampler takes one format only.
        format_ = (frame.format.name, frame.layout.name, frame.sample_rate)
        if format_ != self._format:
            yield from self._drain(None)
            self._format = format_
            self._resampler = _resampler(*self._form, first_sample=self.written)
        try:
            yield from self._drain(frame)
        except FFmpegError:  # a form that cannot be converted, until it changes again
            self._resampler = None

    def finish(self) -> "Iterator[AudioFrame]":
        """Yield what is left."""
        yield from self._drain(None)

    def _drain(self, frame: "AudioFrame | None") -> "Iterator[AudioFrame]":
        for ready in self._resampler.resample(frame) if self._resampler else ():
            self.written += ready.samples
            yield ready


class _Sink:
    """Frames of one form, one after another, into a `.npy` whose length is known at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._written = 0
        self._write_header()

    def write(self, frame: "AudioFrame") -> None:
        samples = mixed(frame)
        self._file.write(samples.astype("<i2", copy=False).tobytes())
        self._written += samples.size

    def close(self) -> int:
        """Complete the file and return how many samples it holds."""
        self._file.seek(0)
        self._write_header()
        return self._written

    def _write_header(self) -> None:
        # numpy leaves room for the length to grow, so the header's size never changes.
        header = {"descr": "<i2", "fortran_order": False, "shape": (self._written,)}
        np.lib.format.write_array_header_1_0(self._file, header)


def _resampler(
    sample_format: str, layout: str, rate_hz: int, *, first_sample: int
) -> "AudioResampler":
    """Return a resampler that keeps samples on their times from `first_sample` on.

    FFmpeg's `aresample` with `async=1` fills gaps with silence and drops overlaps. Asking for a
    frame size makes PyAV use it even where the sound already has the wanted form.
    """
    from av import AudioResampler

    return AudioResampler(
        format=sample_format,
        layout=layout,
        rate=rate_hz,
        frame_size=4096,
        options={"async": "1", "first_pts": str(first_sample), "min_hard_comp": str(_TOLERANCE_S)},
    )


class _Times:
    """Moves frames onto the timeline."""

    def __init__(self, start_ms: int, latest_ms: int) -> None:
        self._start_s = Fraction(start_ms, 1000)
        self.latest_ms = latest_ms
        self._end_ms: float | None = None

    def place(self, frame: "AudioFrame") -> float | None:
        """Set the frame's time, and return it in ms; None where it has none.

        Of a clock that is set anew time goes on where it stopped, as it does for pictures: a
        recording that was joined to another is heard, and a few bytes become no hours of silence.
        """
        from pipeline.media.container import set_anew

        if frame.pts is None or frame.time_base is None:
            return None
        at_ms = float((frame.pts * frame.time_base - self._start_s) * 1000)
        # What comes ahead of 0 ms is only early; it is dropped.
        end_ms = self._end_ms if self._end_ms is not None else min(at_ms, 0.0)
        if set_anew(at_ms - end_ms):
            self._start_s += Fraction(round(at_ms - end_ms), 1000)
            at_ms = end_ms
        frame.pts -= round(self._start_s / frame.time_base)
        if at_ms <= self.latest_ms:
            self._end_ms = at_ms + 1000 * frame.samples / frame.sample_rate
        return at_ms
