"""Makes the tiny clips that tests analyse: seconds long, real codecs, one trouble each.

Every maker writes one file to the path it is given and returns what a test needs to know.
Pictures are drawn, never taken from footage, so nothing here has a licence of its own.
"""

import wave
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import cv2
import numpy as np

if TYPE_CHECKING:
    from av.video.stream import VideoStream

Picture = np.ndarray[Any, np.dtype[np.uint8]]
"""`(H, W, 3)` uint8 BGR."""

SAMPLE = Path(__file__).resolve().parents[1] / "docs" / "sample" / "sample.mp4"
SIZE = (320, 180)
RATE = 25
SHOTS_MS = (1600, 1200, 2000, 1400)
SAME_BYTES = {"libx264": {"x264-params": "mbtree=0"}}
"""Options with which a codec writes the same bytes each time: x264's weighing of blocks by what
comes of them reads memory that differs from call to call, and thresholds then see other pictures.
"""


def scene(seed: int, step: int, size: tuple[int, int] = SIZE) -> Picture:
    """Draw picture `step` of a scene: coarse coloured noise that pans, its own for each seed."""
    rng = np.random.default_rng(seed)
    width, height = size
    tint = rng.uniform(30, 225, 3)
    noise = rng.uniform(-70, 70, (9, 32, 3)) + tint
    wide = cv2.resize(noise.clip(0, 255).astype(np.uint8), (width * 2, height))
    for _ in range(6):
        x, y, r = rng.integers(0, width * 2), rng.integers(0, height), rng.integers(8, height // 4)
        cv2.circle(wide, (int(x), int(y)), int(r), rng.uniform(0, 255, 3).tolist(), -1)
    return np.ascontiguousarray(np.roll(wide, -2 * step, axis=1)[:, :width])


def shots(lengths_ms: Sequence[int] = SHOTS_MS, rate: int = RATE) -> Iterator[Picture]:
    """Draw scenes one after another with hard cuts between them."""
    for seed, length_ms in enumerate(lengths_ms):
        for step in range(length_ms * rate // 1000):
            yield scene(seed, step)


def cuts(lengths_ms: Sequence[int] = SHOTS_MS) -> list[int]:
    """Return when the scenes after the first begin, ms."""
    return list(accumulate(lengths_ms))[:-1]


def write(
    path: Path,
    pictures: Iterable[Picture],
    *,
    times_ms: Iterable[int] | None = None,
    rate: int = RATE,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    tone_s: float = 0,
    turn: int | None = None,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> None:
    """Encode pictures, and a 440 Hz tone of `tone_s` seconds where asked, in `path`'s format.

    `times_ms`: when each picture is shown; evenly at `rate` without. `turn`: anticlockwise
    degrees of the display matrix. `aspect`: of one pixel. `options`: the muxer's.
    """
    drawn = iter(pictures)
    first = next(drawn, None)
    base = Fraction(1, 1000 if times_ms is not None else rate)
    stamps = iter(times_ms) if times_ms is not None else count()
    with av.open(path, "w", options=options or {}) as container:
        stream = cast(
            "VideoStream", container.add_stream(codec, rate=rate, options=SAME_BYTES.get(codec))
        )
        stream.width, stream.height = SIZE if first is None else first.shape[1::-1]
        stream.pix_fmt = pixels
        stream.codec_context.time_base = base
        stream.codec_context.thread_count = 1
        if turn is not None:
            stream.set_display_rotation(turn)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        sound = container.add_stream("aac", rate=16_000, layout="mono") if tone_s else None
        container.start_encoding()  # writes the header even where no picture follows
        for picture in chain([] if first is None else [first], drawn):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = next(stamps), base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            for chunk in (*_tone(tone_s), None):
                container.mux(sound.encode(chunk))


def _tone(seconds: float) -> Iterator[av.AudioFrame]:
    wave_form = 0.3 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * 16_000)) / 16_000)
    for start in range(0, len(wave_form), 1024):
        chunk = wave_form[start : start + 1024].astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(chunk, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16_000, start, Fraction(1, 16_000)
        yield frame


def hard_cuts(path: Path) -> list[int]:
    """Four panning scenes at 25 frames/s with sound. Returns the cuts, ms."""
    write(path, shots(), tone_s=sum(SHOTS_MS) / 1000)
    return cuts()


def variable_rate(path: Path) -> list[int]:
    """MKV whose pictures come at uneven times, as a phone or a screen recorder stores them."""
    gaps = np.random.default_rng(7).choice([20, 40, 60, 100], 100)
    times = [0, *np.cumsum(gaps)[:-1].tolist()]
    write(path, (scene(0, i) for i in range(100)), times_ms=times)
    return times


def rotated(path: Path) -> None:
    """A phone held upright: stored lying, with a display matrix that turns it 90° clockwise.

    Shown upright, the top half is red (BGR 0, 0, 255) and the bottom half blue.
    """
    upright = np.zeros((SIZE[0], SIZE[1], 3), np.uint8)
    upright[: SIZE[0] // 2] = (0, 0, 255)
    upright[SIZE[0] // 2 :] = (255, 0, 0)
    stored = np.ascontiguousarray(np.rot90(upright))
    write(path, [stored] * 10, turn=-90)


def anamorphic(path: Path) -> None:
    """Pixels 16:11, as a DVD stores them: 176 by 144 stored, 256 by 144 shown."""
    write(path, (scene(0, i, (176, 144)) for i in range(10)), aspect=Fraction(16, 11))


def delayed_start(path: Path) -> None:
    """MPEG-TS whose clock starts at ten seconds; one second of pictures."""
    write(path, (scene(0, i) for i in range(RATE)), options={"output_ts_offset": "10"})


def reordered_avi(path: Path) -> None:
    """H.264 with B pictures in AVI, which stores no time of showing: what is made up jumps."""
    plain = path.with_suffix(".h264.mp4")
    write(plain, shots())
    with av.open(plain) as source, av.open(path, "w") as target:
        stored = source.streams.video[0]
        copied = target.add_stream_from_template(stored)
        copied.time_base = Fraction(1, RATE)
        annex_b = av.BitStreamFilterContext("h264_mp4toannexb", stored, copied)
        numbers = count()
        for packet in source.demux(stored):
            for unit in annex_b.filter(packet) if packet.dts is not None else ():
                unit.stream, unit.time_base, unit.duration = copied, copied.time_base, 1
                unit.pts = unit.dts = next(numbers)
                target.mux(unit)


def no_sound(path: Path) -> None:
    """One scene of two seconds, no audio track."""
    write(path, (scene(0, i) for i in range(2 * RATE)))


def sound_only(path: Path) -> None:
    """One second of a tone as WAV: no picture."""
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    write_wav(path, (tone * 32767).astype("<i2").tobytes())


def speech(path: Path, *, times: int) -> None:
    """The 34 s of speech of the bundled sample as WAV, so many times over."""
    write_wav(path, times * spoken())


def spoken() -> bytes:
    """The 34 s of speech of the bundled sample: int16, mono, 16 kHz."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
    with av.open(str(SAMPLE)) as container:
        frames = [r for frame in container.decode(audio=0) for r in resampler.resample(frame)]
    return b"".join(frame.to_ndarray().tobytes() for frame in frames)


def write_wav(path: Path, sound: bytes) -> None:
    """Write int16 samples, mono, 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(sound)


def beginning_of_sample(path: Path, seconds: float) -> None:
    """The sample's first pictures and words, as they are encoded there."""
    with av.open(str(SAMPLE)) as whole, av.open(str(path), "w") as part:
        streams = {s.index: part.add_stream_from_template(s) for s in whole.streams}
        for packet in whole.demux():
            if packet.pts is not None and packet.pts * packet.time_base < seconds:
                packet.stream = streams[packet.stream_index]
                part.mux(packet)


def long_still(path: Path) -> None:
    """Twelve seconds of one picture at 5 frames/s; a small title shows from 6 to 8 s."""

    def shown(index: int) -> Picture:
        picture = scene(0, 0, (640, 360))
        if 30 <= index < 40:
            cv2.putText(picture, "Alice Example", (40, 300), 0, 0.6, (255,) * 3, 1, cv2.LINE_AA)
        return picture

    write(path, map(shown, range(60)), rate=5)


def cover_art(path: Path) -> None:
    """One second of sound in mp4 with a PNG cover, which players show but which is no video."""
    with av.open(path, "w") as container:
        cover = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = *SIZE, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = container.add_stream("aac", rate=16_000, layout="mono")
        container.mux(cover.encode(av.VideoFrame.from_ndarray(scene(0, 0), format="bgr24")))
        for chunk in (*_tone(1), None):
            container.mux(sound.encode(chunk))


def two_languages(path: Path) -> None:
    """Two audio tracks, the first tagged English, the second untagged."""
    with av.open(path, "w") as container:
        tracks = [container.add_stream("aac", rate=16_000, layout="mono") for _ in range(2)]
        tracks[0].metadata["language"] = "eng"
        for chunk in (*_tone(1), None):
            for track in tracks:
                container.mux(track.encode(chunk))


TELLING = "Ada was here"


def telling(path: Path) -> None:
    """MKV that says more than it shows: a title, a chapter, a track's name, all `TELLING`."""
    with av.open(path, "w") as container:
        container.metadata["title"] = TELLING
        container.set_chapters(
            [
                {
                    "id": 1,
                    "start": 0,
                    "end": 900,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": TELLING},
                }
            ]
        )
        stream = container.add_stream("libx264", rate=RATE, options=SAME_BYTES["libx264"])
        stream.width, stream.height = SIZE
        stream.metadata["title"] = TELLING
        sound = container.add_stream("aac", rate=16_000, layout="mono")
        for step in range(RATE):
            frame = av.VideoFrame.from_ndarray(scene(0, step), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for chunk in (*_tone(1), None):
            container.mux(sound.encode(chunk))
