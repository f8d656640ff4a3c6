"""Sound on the timeline, on clips made here: a tone whose place is known, in real containers."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from pipeline.contract import Context, Limits, Upstream, VideoInfo
from pipeline.errors import NotApplicable
from pipeline.media.audio import SAMPLE_RATE_HZ, extract
from pipeline.results import Audio, AudioStream, Media
from pipeline.stages.extract_audio import ExtractAudio

Samples = npt.NDArray[np.int16]
_BLOCK = 9_600


def tone(duration_s: float, rate_hz: int = 48_000) -> Samples:
    """A loud 440 Hz tone, (n,) int16."""
    t = np.arange(int(duration_s * rate_hz)) / rate_hz
    return (12_000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)


def write_clip(
    path: Path,
    parts: Iterable[tuple[float, Samples]],
    *,
    codec: str = "pcm_s16le",
    rate_hz: int = 48_000,
    layout: str = "stereo",
    damage: frozenset[int] = frozenset(),
) -> Path:
    """Write `(starts at second, mono samples)` parts as one audio stream; `damage` names packets."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        assert isinstance(stream, av.AudioStream)
        packets = []
        for start_s, samples in parts:
            for at in range(0, samples.size, _BLOCK):
                block = samples[at : at + _BLOCK]
                channels = 2 if layout == "stereo" else 1
                frame = av.AudioFrame.from_ndarray(
                    np.repeat(block, channels)[None, :], format="s16", layout=layout
                )
                frame.sample_rate = rate_hz
                frame.time_base = Fraction(1, rate_hz)
                frame.pts = int(start_s * rate_hz) + at
                packets += stream.encode(frame)
        for index, packet in enumerate(packets + stream.encode(None)):
            if index in damage:
                packet.update(b"\xff" * packet.size)
            container.mux(packet)
    return path


def loud_spans_ms(samples: Samples) -> list[tuple[int, int]]:
    """Where the sound is loud, in ms, found in windows of 5 ms."""
    window = SAMPLE_RATE_HZ // 200
    blocks = samples[: samples.size // window * window].reshape(-1, window)
    loud = np.abs(blocks.astype(np.int32)).max(axis=1) > 3_000
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(int)))
    return [(int(a) * 5, int(b) * 5) for a, b in edges.reshape(-1, 2)]


def assert_near(
    spans: list[tuple[int, int]], expected: list[tuple[float, float]], within_ms: int = 15
) -> None:
    assert len(spans) == len(expected), spans
    assert np.abs(np.array(spans) - np.array(expected)).max() <= within_ms, spans


def media(*, start_ms: int = 0, duration_ms: int = 10_000, tracks: int = 1) -> Media:
    streams = tuple(AudioStream(i, "pcm_s16le", 2, 48_000, None) for i in range(tracks))
    return Media(duration_ms, "matroska", 0, start_ms, None, streams)


def run(source: Path, workdir: Path, found: Media) -> tuple[Audio, Samples, list[float]]:
    progress: list[float] = []
    upstream: dict[type, Upstream] = {Media: Upstream(found, source.parent)}
    ctx = Context(VideoInfo(source), workdir, workdir, 1, upstream, progress.append)
    audio = ExtractAudio().run(ctx)
    return audio, np.load(workdir / audio.file, mmap_mode="r"), progress


def write_channels(path: Path, channels: Iterable[Samples], layout: str, codec: str) -> Path:
    """Write channels, each (n,) int16 at 48 kHz, as one stream."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout=layout)
        assert isinstance(stream, av.AudioStream)
        packed = np.stack(list(channels), axis=1).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


class TestExtractAudio:
    @pytest.mark.parametrize(
        ("name", "codec", "rate_hz", "layout"),
        [
            ("a.mkv", "pcm_s16le", 48_000, "stereo"),
            ("a.mp4", "aac", 44_100, "stereo"),
            ("a.webm", "libopus", 48_000, "mono"),
            ("a.wav", "pcm_s16le", 16_000, "mono"),
        ],
    )
    def test_keeps_sound_at_its_time(
        self, tmp_path: Path, name: str, codec: str, rate_hz: int, layout: str
    ) -> None:
        quiet = np.zeros(rate_hz, np.int16)
        sound = np.concatenate([quiet, tone(0.5, rate_hz), quiet])
        clip = write_clip(
            tmp_path / name, [(0, sound)], codec=codec, rate_hz=rate_hz, layout=layout
        )

        audio, samples, progress = run(clip, tmp_path, media(duration_ms=2_500))

        assert samples.dtype == np.int16
        assert_near(loud_spans_ms(samples), [(1_000, 1_500)])
        assert abs(audio.duration_ms - 2_500) <= 60
        assert progress == sorted(progress)
        assert 0.9 <= progress[-1] <= 1

    def test_fills_a_late_start_with_silence(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "a.mkv", [(1.5, tone(1))])

        _, samples, _ = run(clip, tmp_path, media())

        assert_near(loud_spans_ms(samples), [(1_500, 2_500)])

    def test_cuts_what_comes_before_the_timeline(self, tmp_path: Path) -> None:
        sound = np.concatenate([tone(1), np.zeros(48_000, np.int16), tone(0.5)])
        clip = write_clip(tmp_path / "a.mkv", [(1, sound)])

        _, samples, _ = run(clip, tmp_path, media(start_ms=1_400))

        assert_near(
            loud_spans_ms(samples),
            [
                (0, 600),
                (1_600, 2_100),
            ],
        )

    def test_fills_gaps_and_drops_overlaps(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "a.mkv", [(0, tone(1)), (3, tone(1)), (3.81, tone(1))])

        _, samples, _ = run(clip, tmp_path, media())

        assert_near(
            loud_spans_ms(samples),
            [
                (0, 1_000),
                (3_000, 4_810),
            ],
        )

    def test_takes_a_leap_of_hours_for_a_clock_set_anew(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "a.mkv", [(0, tone(1)), (36_000, tone(1)), (80_000, tone(1))])

        audio, samples, _ = run(clip, tmp_path, media(duration_ms=80_001_000))

        assert abs(audio.duration_ms - 3_000) <= 15
        assert_near(loud_spans_ms(samples), [(0, 3_000)])

    def test_passes_over_damaged_packets(self, tmp_path: Path) -> None:
        clip = write_clip(
            tmp_path / "a.mkv", [(0, tone(3))], codec="aac", damage=frozenset(range(50, 90))
        )

        audio, samples, _ = run(clip, tmp_path, media())

        first, *_, last = loud_spans_ms(samples)
        assert_near([first, last], [(0, 50 * 1024 / 48), (90 * 1024 / 48, 3_000)], within_ms=60)
        assert abs(audio.duration_ms - 3_000) <= 60

    def test_does_not_believe_times_far_behind_the_end(self, tmp_path: Path) -> None:
        clip = write_clip(tmp_path / "a.mkv", [(0, tone(1)), (40, tone(1))])

        audio, _, _ = run(clip, tmp_path, media(duration_ms=2_000))

        assert abs(audio.duration_ms - 1_000) <= 5

    def test_skips_a_video_without_audio_track(self, tmp_path: Path) -> None:
        with pytest.raises(NotApplicable) as caught:
            run(tmp_path / "never-opened.mp4", tmp_path, media(tracks=0))

        assert caught.value.code == "no_audio"

    def test_skips_a_track_that_holds_nothing(self, tmp_path: Path) -> None:
        clip = write_clip(
            tmp_path / "a.mkv", [(0, tone(1))], codec="libmp3lame", damage=frozenset(range(100))
        )

        with pytest.raises(NotApplicable) as caught:
            run(clip, tmp_path, media())

        assert caught.value.code == "no_audio"


class TestExtract:
    def test_refuses_a_stream_of_another_kind(self, tmp_path: Path) -> None:
        clip = tmp_path / "a.mkv"
        with av.open(str(clip), "w") as container:
            stream = container.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))

        with pytest.raises(TypeError, match="not audio"):
            extract(
                clip,
                tmp_path / "a.npy",
                stream_index=0,
                start_ms=0,
                duration_ms=40,
                limits=Limits(),
                report=lambda _: None,
            )


class TestChannels:
    def heard(self, source: Path, folder: Path) -> list[tuple[int, int]]:
        extract(
            source,
            folder / "audio.npy",
            stream_index=0,
            start_ms=0,
            duration_ms=1_000,
            limits=Limits(),
            report=lambda _: None,
        )
        return loud_spans_ms(np.load(folder / "audio.npy"))

    def test_that_cancel_each_other_are_heard(self, tmp_path: Path) -> None:
        sound = np.concatenate([tone(0.5), -tone(0.5)])
        clip = write_channels(tmp_path / "a.mkv", [sound, -sound], "stereo", "pcm_s16le")

        assert_near(self.heard(clip, tmp_path), [(0, 1_000)])

    def test_of_which_one_is_silent_are_heard(self, tmp_path: Path) -> None:
        clip = write_channels(tmp_path / "a.mkv", [tone(1) * 0, tone(1)], "stereo", "pcm_s16le")

        assert_near(self.heard(clip, tmp_path), [(0, 1_000)])

    def test_of_a_film_are_heard_where_only_the_centre_speaks(self, tmp_path: Path) -> None:
        silent = tone(1) * 0
        channels = [silent, silent, 2 * tone(1), silent, silent, silent]
        clip = write_channels(tmp_path / "a.mkv", channels, "5.1", "pcm_s16le")

        assert_near(self.heard(clip, tmp_path), [(0, 1_000)])

    @pytest.mark.parametrize(("codec", "rate_hz"), [("pcm_u8", 8_000), ("pcm_s24le", 96_000)])
    def test_are_heard_at_any_rate_and_depth(
        self, codec: str, rate_hz: int, tmp_path: Path
    ) -> None:
        parts = [(0.0, tone(1, rate_hz))]
        clip = write_clip(tmp_path / "a.mkv", parts, codec=codec, rate_hz=rate_hz, layout="mono")

        ((start_ms, end_ms),) = self.heard(clip, tmp_path)

        assert start_ms <= 30
        assert 900 <= end_ms <= 1_100
