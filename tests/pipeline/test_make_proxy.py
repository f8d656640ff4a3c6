"""Copies for browsers, made of what they don't play."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.contract import Context, Limits, Stage, VideoInfo
from pipeline.errors import StageError
from pipeline.media.container import open_media, picture_stream
from pipeline.media.decode import pictures
from pipeline.results import Media, Proxy
from pipeline.stages.make_proxy import MakeProxy
from pipeline.stages.probe import Probe
from pipeline.stages.redact import Redact
from tests import clips
from tests.fuzz.containers import whole
from tests.pipeline import recipes
from tests.pipeline.running import run_stages

_RATE_HZ = 44_100


def sound(path: Path, codec: str) -> Path:
    """Two seconds of a 440 Hz tone in `codec`, in what container the suffix names."""
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=_RATE_HZ, layout="mono")
        assert isinstance(stream, av.AudioStream)
        wave_form = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * _RATE_HZ) / _RATE_HZ)
        frame = av.AudioFrame.from_ndarray(
            wave_form.astype(np.float32)[None], format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = _RATE_HZ, 0, Fraction(1, _RATE_HZ)
        for block in (frame, None):
            container.mux(stream.encode(block))
    return path


def proxy(source: Path, folder: Path) -> tuple[Proxy, Path, Media]:
    done = run_stages(source, folder, (Probe(), MakeProxy()))
    made: Proxy = done[Proxy].result
    copy = done[Proxy].directory / made.file
    recheck = folder / "copy"
    recheck.mkdir()
    return made, copy, run_stages(copy, recheck, (Probe(),))[Media].result


class TestMakeProxy:
    @pytest.mark.parametrize(
        ("name", "codec"), [("a.wav", "pcm_s24le"), ("a.m4a", "alac"), ("a.mka", "aac")]
    )
    def test_sound_alone_becomes_aac(self, tmp_path: Path, name: str, codec: str) -> None:
        source = sound(tmp_path / name, codec)

        made, copy, media = proxy(source, tmp_path)

        assert made == Proxy("proxy.m4a", "audio/mp4")
        assert media.video is None
        assert [(one.codec, one.channels) for one in media.audio] == [("aac", 2)]
        assert abs(media.duration_ms - 2000) < 60
        assert abs(_loudest_hz(copy) - 440) < 5

    def test_pictures_become_h264(self, tmp_path: Path) -> None:
        clips.rotated(tmp_path / "clip.mp4")

        made, _, media = proxy(tmp_path / "clip.mp4", tmp_path)

        assert made == Proxy("proxy.mp4", "video/mp4")
        assert media.video
        assert (media.video.codec, media.video.pixel_format) == ("h264", "yuv420p")
        assert media.video.rotation == 0

    def test_shows_reordered_pictures_of_an_avi_when_the_analysis_does(
        self, tmp_path: Path
    ) -> None:
        clips.reordered_avi(tmp_path / "a.avi")
        with open_media(tmp_path / "a.avi", Limits()) as container:
            stream = picture_stream(container)
            assert stream
            analysed = [at_ms for at_ms, _ in pictures(container, stream, threads=1)]

        _, copy, _ = proxy(tmp_path / "a.avi", tmp_path)

        with av.open(copy) as container:
            shown = [frame.time * 1000 for frame in container.decode(video=0) if frame.time]
        assert shown == pytest.approx(analysed, abs=1)

    def test_colours_stay_what_they_were(self, tmp_path: Path) -> None:
        full_range = np.full((180, 320, 3), (60, 120, 240), np.uint8)
        clips.write(tmp_path / "clip.mp4", [full_range] * 5, pixels="yuvj420p")

        _, copy, _ = proxy(tmp_path / "clip.mp4", tmp_path)

        with av.open(copy) as container:
            assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
            shown = next(container.decode(video=0)).to_ndarray(format="bgr24")
        assert shown[90, 160].tolist() == pytest.approx([60, 120, 240], abs=8)

    def test_pictures_of_two_fields_are_made_whole(self, tmp_path: Path) -> None:
        """Where a cut lies between the fields, every other line would be of another scene."""
        recipes.store(tmp_path / "plain.mp4")
        recipes.FORMS["interlaced.ts"](tmp_path / "fields.ts")
        uneven = {}

        for source in (tmp_path / "plain.mp4", tmp_path / "fields.ts"):
            folder = tmp_path / source.stem
            folder.mkdir()
            uneven[source.stem] = _uneven_lines(proxy(source, folder)[1])

        assert abs(len(uneven["fields"]) - len(uneven["plain"])) <= 1
        assert max(uneven["fields"]) < 2 * max(uneven["plain"])

    def test_cover_art_is_no_picture(self, tmp_path: Path) -> None:
        clips.cover_art(tmp_path / "song.mp4")

        made, _, media = proxy(tmp_path / "song.mp4", tmp_path)

        assert made.content_type == "audio/mp4"
        assert media.video is None

    @pytest.mark.parametrize("stage", [MakeProxy(), Redact()], ids=lambda stage: stage.name)
    def test_pictures_of_no_known_size_are_refused(self, tmp_path: Path, stage: Stage) -> None:
        """A stream whose only picture that stands by itself was cut off."""
        source = tmp_path / "a.ts"
        source.write_bytes(whole("ts")[-50_000:])
        probed = run_stages(source, tmp_path, (Probe(),))
        assert probed[Media].result.video.width == 0
        context = Context(VideoInfo(source), tmp_path, tmp_path, 1, probed, lambda _: None)

        with pytest.raises(StageError) as failure:
            stage.run(context)

        assert failure.value.code == "no_decodable_picture"

    def test_sound_that_does_not_decode_is_refused(self, tmp_path: Path) -> None:
        source = sound(tmp_path / "a.m4a", "alac")
        done = run_stages(source, tmp_path, (Probe(),))
        assert done[Media].result.video is None
        data = source.read_bytes()
        at = data.index(b"mdat") + 4
        end = data.index(b"moov", at) - 4
        source.write_bytes(data[:at] + b"\xff" * (end - at) + data[end:])
        (tmp_path / "again").mkdir()

        context = Context(
            video=VideoInfo(source),
            workdir=tmp_path / "again",
            models_dir=tmp_path,
            threads=1,
            upstream=done,
            report=lambda _: None,
        )

        with pytest.raises(StageError) as refused:
            MakeProxy().run(context)

        assert refused.value.code == "corrupt_media"


def _uneven_lines(path: Path) -> list[float]:
    """Return of each picture by how much its odd lines differ from those around them, 0..255."""
    with av.open(path) as container:
        shown = [
            frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)
        ]
    return [float(np.abs(one[1:-1:2] - (one[:-2:2] + one[2::2]) / 2).mean()) for one in shown]


def _loudest_hz(path: Path) -> float:
    with av.open(path) as container:
        blocks = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    samples = np.concatenate(blocks)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 48_000 / len(samples))
