"""What probing finds in real files, and how it refuses what can't be analysed."""

import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from pipeline.contract import Limits
from pipeline.errors import StageError
from pipeline.media.probe import probe
from pipeline.stages.probe import Probe
from tests import broken, clips
from tests.pipeline.running import run_stages

LIMITS = Limits()


class TestProbe:
    def test_describes_picture_and_sound(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")

        media = probe(tmp_path / "a.mp4", LIMITS)

        assert (media.container, media.duration_ms, media.start_ms) == ("mov", 6200, 0)
        assert media.video is not None
        assert (media.video.codec, media.video.frame_rate, media.video.frames) == (
            "h264",
            "25/1",
            155,
        )
        assert (media.video.width, media.video.height) == clips.SIZE
        assert [(a.codec, a.channels, a.sample_rate_hz) for a in media.audio] == [("aac", 1, 16000)]

    def test_runs_as_a_stage(self, tmp_path: Path) -> None:
        clips.no_sound(tmp_path / "a.mp4")

        done = run_stages(tmp_path / "a.mp4", tmp_path, (Probe(),))

        media = done[Probe.produces].result
        assert (media.duration_ms, media.audio) == (2000, ())

    def test_turns_the_size_upright(self, tmp_path: Path) -> None:
        clips.rotated(tmp_path / "a.mp4")

        video = probe(tmp_path / "a.mp4", LIMITS).video

        assert video is not None
        assert (video.rotation, video.width, video.height) == (90, 180, 320)

    def test_tells_a_variable_rate_and_its_average(self, tmp_path: Path) -> None:
        times = clips.variable_rate(tmp_path / "a.mkv")

        video = probe(tmp_path / "a.mkv", LIMITS).video

        assert video is not None
        assert video.variable_frame_rate
        assert abs(video.frames - len(times)) <= 2

    @pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.flv", "a.mov"])
    def test_takes_a_steady_rate_with_reordered_pictures_for_steady(
        self, tmp_path: Path, name: str
    ) -> None:
        clips.write(tmp_path / name, clips.shots(), rate=30)

        video = probe(tmp_path / name, LIMITS).video

        assert video is not None
        assert not video.variable_frame_rate

    def test_reads_vp9_in_webm(self, tmp_path: Path) -> None:
        drawn = (clips.scene(0, i) for i in range(10))
        clips.write(tmp_path / "a.webm", drawn, codec="libvpx-vp9")

        media = probe(tmp_path / "a.webm", LIMITS)

        assert media.container == "matroska"
        assert media.video is not None
        assert media.video.codec == "vp9"

    def test_takes_pictures_in_png_for_a_video(self, tmp_path: Path) -> None:
        drawn = (clips.scene(0, i) for i in range(10))
        clips.write(tmp_path / "a.mov", drawn, codec="png", pixels="rgb24")

        media = probe(tmp_path / "a.mov", LIMITS)

        assert media.video is not None
        assert media.video.codec == "png"

    def test_tells_the_start_offset(self, tmp_path: Path) -> None:
        clips.delayed_start(tmp_path / "a.ts")

        media = probe(tmp_path / "a.ts", LIMITS)

        assert (media.start_ms, media.duration_ms) == (10_000, 1000)

    def test_finds_no_picture_in_sound(self, tmp_path: Path) -> None:
        clips.sound_only(tmp_path / "a.wav")

        media = probe(tmp_path / "a.wav", LIMITS)

        assert media.video is None
        assert len(media.audio) == 1

    def test_takes_cover_art_for_no_video(self, tmp_path: Path) -> None:
        clips.cover_art(tmp_path / "a.mp4")

        media = probe(tmp_path / "a.mp4", LIMITS)

        assert media.video is None
        assert len(media.audio) == 1

    def test_reads_the_language_of_each_track(self, tmp_path: Path) -> None:
        clips.two_languages(tmp_path / "a.mkv")

        media = probe(tmp_path / "a.mkv", LIMITS)

        assert [track.language for track in media.audio] == ["eng", None]

    def test_measures_the_length_where_the_header_lies(self, tmp_path: Path) -> None:
        broken.lying_duration(tmp_path / "a.mkv")
        with av.open(str(tmp_path / "a.mkv")) as container:
            assert container.duration == 36_000 * av.time_base

        media = probe(tmp_path / "a.mkv", LIMITS)

        assert media.duration_ms == 2000

    def test_measures_the_length_of_what_is_left(self, tmp_path: Path) -> None:
        broken.cut_off_end(tmp_path / "a.mp4")

        media = probe(tmp_path / "a.mp4", LIMITS)

        assert 1500 <= media.duration_ms <= 2500

    @pytest.mark.parametrize(
        ("make", "code"),
        [
            (broken.empty, "empty_file"),
            (broken.text, "not_media"),
            (broken.impossible_box, "not_media"),
            (broken.playlist, "not_media"),
            (broken.still, "not_media"),
            (broken.cut_off_index, "truncated"),
            (broken.no_pictures, "zero_duration"),
            (broken.encrypted, "encrypted"),
            (broken.undecodable, "corrupt_media"),
        ],
    )
    def test_refuses(self, tmp_path: Path, make: Callable[[Path], None], code: str) -> None:
        make(tmp_path / "a.mp4")

        with pytest.raises(StageError) as refusal:
            probe(tmp_path / "a.mp4", LIMITS)

        assert refusal.value.code == code
        assert refusal.value.message.endswith(".")

    @pytest.mark.parametrize(("at", "form", "value"), [(2, "<H", 64), (4, "<I", 1)])
    def test_takes_a_track_that_nobody_can_hear_for_none(
        self, tmp_path: Path, at: int, form: str, value: int
    ) -> None:
        clips.sound_only(tmp_path / "a.wav")
        data = bytearray((tmp_path / "a.wav").read_bytes())
        struct.pack_into(form, data, data.index(b"fmt ") + 8 + at, value)  # channels, then rate
        (tmp_path / "a.wav").write_bytes(data)

        with pytest.raises(StageError) as refusal:
            probe(tmp_path / "a.wav", LIMITS)

        assert refusal.value.code == "no_streams"

    @pytest.mark.parametrize(
        ("limits", "code"),
        [
            (Limits(pixels=320 * 180 - 1), "too_large_picture"),
            (Limits(duration_ms=1999), "too_long"),
            (Limits(frame_rate=24), "too_high_frame_rate"),
            (Limits(streams=1), "too_many_streams"),
        ],
    )
    def test_refuses_what_is_over_a_limit(self, tmp_path: Path, limits: Limits, code: str) -> None:
        clips.write(tmp_path / "a.mp4", (clips.scene(0, i) for i in range(50)), tone_s=2)

        with pytest.raises(StageError) as refusal:
            probe(tmp_path / "a.mp4", limits)

        assert refusal.value.code == code

    def test_refuses_a_picture_before_it_takes_memory(self, tmp_path: Path) -> None:
        broken.vast_picture(tmp_path / "a.mov")

        with pytest.raises(StageError) as refusal:
            probe(tmp_path / "a.mov", LIMITS)

        assert refusal.value.code == "too_large_picture"
