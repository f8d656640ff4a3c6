"""One decode of real files: strip, times, samples, poster, storyboard."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.contract import Limits, Upstream
from pipeline.errors import NotApplicable, StageError
from pipeline.media.frames import read_frames
from pipeline.media.pictures import read_bgr
from pipeline.media.sampling import Sampling
from pipeline.results import Frames, Media
from tests import broken, clips
from tests.pipeline.running import sampled

SAMPLES = Sampling(500, 4000, 9.0, 7200, 1280, 85)
VIEWS = Sampling(160, None, 6.0, 21_600, 640, 85)


def arrays(found: Upstream) -> tuple[np.ndarray, np.ndarray]:
    frames = found.result
    strip = np.load(found.directory / frames.strip, mmap_mode="r")
    return strip, np.load(found.directory / frames.times, mmap_mode="r")


class TestSampleFrames:
    def test_keeps_every_picture_in_the_strip(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames]

        strip, times = arrays(found)
        assert strip.shape == (155, 27, 48, 3)
        assert strip.dtype == np.uint8
        assert times.tolist() == list(range(0, 6200, 40))
        assert (found.result.decoded, found.result.end_ms) == (155, 6200)

    def test_averages_areas_into_the_strip(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")

        strip, _ = arrays(sampled(tmp_path / "a.mp4", tmp_path)[Frames])

        drawn = clips.scene(0, 0)
        averaged = cv2.resize(drawn, (48, 27), interpolation=cv2.INTER_AREA)
        picked = cv2.resize(drawn, (48, 27), interpolation=cv2.INTER_NEAREST)
        assert cv2.absdiff(strip[0], averaged).mean() < 6
        assert cv2.absdiff(strip[0], averaged).mean() < cv2.absdiff(strip[0], picked).mean() / 1.5

    def test_keeps_a_grey_thumb_every_quarter_of_a_second(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames]

        thumbs = np.load(found.directory / found.result.thumbs, mmap_mode="r")
        times = np.load(found.directory / found.result.thumb_times)
        assert (thumbs.shape, thumbs.dtype) == ((25, 72, 128), np.uint8)
        assert times[:4].tolist() == [0, 280, 520, 760]
        drawn = cv2.cvtColor(clips.scene(0, 7), cv2.COLOR_BGR2GRAY)
        averaged = cv2.resize(drawn, (128, 72), interpolation=cv2.INTER_AREA)
        assert cv2.absdiff(thumbs[1], averaged).mean() < 6

    def test_samples_each_scene_and_each_picture_that_changed(self, tmp_path: Path) -> None:
        cuts = clips.hard_cuts(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames]

        at = [sample.at_ms for sample in found.result.samples]
        for start, end in zip([0, *cuts], [*cuts, 6200], strict=True):
            assert any(start <= time < end for time in at)
        assert min(np.diff(at)) >= 250
        assert all((found.directory / s.file).is_file() for s in found.result.samples)

    def test_a_still_costs_few_samples_and_a_small_title_is_seen(self, tmp_path: Path) -> None:
        clips.long_still(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames]

        assert [sample.at_ms for sample in found.result.samples] == [0, 4000, 6000, 8000]

    def test_views_are_dense_where_something_moves(self, tmp_path: Path) -> None:
        cuts = clips.hard_cuts(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames]

        at = [view.at_ms for view in found.result.views]
        assert set(cuts) <= set(at)
        assert np.diff(at).max() <= 240
        assert all((found.directory / view.file).is_file() for view in found.result.views)

    def test_a_still_costs_one_view_and_whatever_changes_it_one_more(self, tmp_path: Path) -> None:
        clips.long_still(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames]

        assert [view.at_ms for view in found.result.views] == [0, 6000, 8000]

    def test_keeps_the_uneven_times(self, tmp_path: Path) -> None:
        expected = clips.variable_rate(tmp_path / "a.mkv")

        _, times = arrays(sampled(tmp_path / "a.mkv", tmp_path)[Frames])

        assert times.tolist() == expected

    def test_counts_from_the_start_offset(self, tmp_path: Path) -> None:
        clips.delayed_start(tmp_path / "a.ts")

        found = sampled(tmp_path / "a.ts", tmp_path)[Frames]

        assert arrays(found)[1].tolist() == list(range(0, 1000, 40))
        assert found.result.end_ms == 1000

    def test_ends_with_the_video_where_rounding_passes_it(self, tmp_path: Path) -> None:
        clips.write(tmp_path / "a.mp4", (clips.scene(0, i) for i in range(5)), rate=24)

        done = sampled(tmp_path / "a.mp4", tmp_path)

        assert arrays(done[Frames])[1][-1] == 167  # for 42 ms
        assert done[Frames].result.end_ms == done[Media].result.duration_ms == 208

    def test_stands_upright(self, tmp_path: Path) -> None:
        clips.rotated(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames]

        poster = read_bgr(found.directory / found.result.poster)
        strip, _ = arrays(found)
        assert poster.shape == (320, 180, 3)
        for picture in (poster, strip[0]):
            top, bottom = picture[:10].mean(axis=(0, 1)), picture[-10:].mean(axis=(0, 1))
            assert top[2] > 200 > 60 > top[0]
            assert bottom[0] > 200 > 60 > bottom[2]

    def test_makes_pixels_square(self, tmp_path: Path) -> None:
        clips.anamorphic(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames].result

        assert (found.width, found.height) == (256, 144)

    def test_shrinks_large_pictures(self, tmp_path: Path) -> None:
        drawn = (clips.scene(0, i, (1920, 1080)) for i in range(3))
        clips.write(tmp_path / "a.mp4", drawn)

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames]

        assert (found.result.width, found.result.height) == (1280, 720)
        assert read_bgr(found.directory / found.result.poster).shape == (720, 1280, 3)

    def test_draws_a_storyboard_that_matches_its_cues(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames]

        cues = (found.directory / "storyboard.vtt").read_text().split("\n\n")
        sheet = read_bgr(found.directory / "storyboard.jpg")
        assert cues[0] == "WEBVTT"
        assert cues[3] == "00:00:02.000 --> 00:00:03.000\nstoryboard.jpg#xywh=320,0,160,90"
        assert cues[7].startswith("00:00:06.000 --> 00:00:06.200")
        assert sheet.shape == (90, 7 * 160, 3)
        tile = sheet[:, 320:480].mean(axis=(0, 1))
        assert abs(tile - clips.scene(1, 10).mean(axis=(0, 1))).max() < 8

    def test_goes_on_behind_damage(self, tmp_path: Path) -> None:
        broken.damaged(tmp_path / "a.ts")

        found = sampled(tmp_path / "a.ts", tmp_path)[Frames]

        _, times = arrays(found)
        assert 70 <= found.result.decoded < 100
        assert times[-1] == 3960
        assert (np.diff(times) > 0).all()

    def test_keeps_what_decodes_of_a_cut_off_file(self, tmp_path: Path) -> None:
        broken.cut_off_end(tmp_path / "a.mp4")

        found = sampled(tmp_path / "a.mp4", tmp_path)[Frames].result

        assert 40 <= found.decoded <= 60

    def test_skips_sound(self, tmp_path: Path) -> None:
        clips.sound_only(tmp_path / "a.wav")

        with pytest.raises(NotApplicable) as skipped:
            sampled(tmp_path / "a.wav", tmp_path)

        assert skipped.value.code == "no_video"

    def test_fails_where_no_picture_decodes(self, tmp_path: Path) -> None:
        broken.undecodable(tmp_path / "a.mp4")

        with pytest.raises(StageError) as failure:
            read_frames(
                tmp_path / "a.mp4",
                tmp_path,
                duration_ms=2000,
                threads=1,
                limits=Limits(),
                samples=SAMPLES,
                views=VIEWS,
                report=lambda _: None,
            )

        assert failure.value.code == "no_decodable_picture"

    def test_reports_progress_that_rises(self, tmp_path: Path) -> None:
        clips.hard_cuts(tmp_path / "a.mp4")
        told: list[float] = []

        read_frames(
            tmp_path / "a.mp4",
            tmp_path,
            duration_ms=6200,
            threads=1,
            limits=Limits(),
            samples=SAMPLES,
            views=VIEWS,
            report=told.append,
        )

        assert told == sorted(told)
        assert 0 < told[0] < told[-1] <= 1

    def test_makes_a_storyboard_of_pictures_however_narrow(self, tmp_path: Path) -> None:
        drawn = (clips.scene(0, i, (64, 2048))[:, :16] for i in range(12))
        clips.write(tmp_path / "a.mkv", drawn, rate=1, codec="ffv1")

        done = sampled(tmp_path / "a.mkv", tmp_path)

        frames = done[Frames]
        sheet = cv2.imread(str(frames.directory / frames.result.storyboard))
        assert sheet is not None
        assert sheet.shape[:2] == (2 * 480, 10 * 160)
