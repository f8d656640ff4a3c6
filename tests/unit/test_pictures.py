"""The parts of picture reading that need no file: clock, sampling, strips, sizes."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.media.decode import Clock
from pipeline.media.npy import NpyWriter
from pipeline.media.pictures import poster_score, read_half_bgr, upright_size, write_jpeg
from pipeline.media.probe import picture_gaps, uneven
from pipeline.media.sampling import Sampler, Sampling
from pipeline.media.storyboard import MAX_TILES, Storyboard

GREY = np.full((27, 48, 3), 90, np.uint8)
SAMPLES = Sampling(
    min_gap_ms=500, max_gap_ms=4000, changed=9.0, most=100, max_side=1280, quality=85
)


class TestClock:
    def test_counts_exactly_at_ntsc_rates(self) -> None:
        clock = Clock(Fraction(1001, 30_000), Fraction(0), 33)

        times = [clock.read(pts) for pts in range(200_000)]

        assert times[:4] == [0, 33, 67, 100]
        assert times[-1] == round(Fraction(199_999 * 1001 * 1000, 30_000))

    def test_takes_the_start_offset_away(self) -> None:
        clock = Clock(Fraction(1, 90_000), Fraction(14, 10), 40)

        assert [clock.read(126_000), clock.read(129_600)] == [0, 40]

    def test_fills_missing_times(self) -> None:
        clock = Clock(Fraction(1, 1000), Fraction(0), 40)

        assert [clock.read(pts) for pts in (None, 40, None, None, 160)] == [0, 40, 80, 120, 160]

    def test_never_goes_back(self) -> None:
        clock = Clock(Fraction(1, 1000), Fraction(0), 40)

        assert [clock.read(pts) for pts in (0, 40, 40, 20, 80)] == [0, 40, 41, 42, 80]

    def test_believes_dts_where_pts_jump_to_and_fro(self) -> None:
        clock = Clock(Fraction(1, 25), Fraction(1, 25), 40)
        pts = [1, 4, 3, 5, 2, 8, 7, 9, 6, 12, 11, 13, 10]

        times = [clock.read(stamp, 2 + index) for index, stamp in enumerate(pts)]

        assert times[8:] == [320, 360, 400, 440, 480]
        assert times == sorted(times)

    def test_goes_on_after_a_reset_and_a_leap(self) -> None:
        clock = Clock(Fraction(1, 1000), Fraction(0), 40)

        times = [clock.read(pts) for pts in (0, 40, 5000, 0, 40, 10**12, 10**12 + 40)]

        assert times == [0, 40, 5000, 5040, 5080, 5120, 5160]


class TestRate:
    def test_sorts_reordered_pictures(self) -> None:
        assert picture_gaps([0, 4, 2, 1, 3]) == [1, 1, 1, 1]

    def test_rounding_to_ms_is_no_variable_rate(self) -> None:
        assert not uneven([33, 33, 34] * 50)

    def test_one_dropped_picture_is_no_variable_rate(self) -> None:
        assert not uneven([3600] * 99 + [7200])

    def test_two_rates_are_a_variable_rate(self) -> None:
        assert uneven([3600] * 50 + [3000] * 50)

    def test_nothing_known_is_no_variable_rate(self) -> None:
        assert not uneven([])


class TestSampler:
    def test_takes_the_first_picture(self) -> None:
        assert Sampler(SAMPLES, 10_000).wants(0, GREY)

    def test_takes_a_still_at_the_longest_gap_only(self) -> None:
        sampler = Sampler(SAMPLES, 10_000)

        taken = [at for at in range(0, 10_000, 40) if sampler.wants(at, GREY)]

        assert taken == [0, 4000, 8000]

    def test_takes_a_still_once_where_no_gap_is_too_long(self) -> None:
        sampler = Sampler(replace(SAMPLES, max_gap_ms=None), 100_000)

        taken = [at for at in range(0, 100_000, 40) if sampler.wants(at, GREY)]

        assert taken == [0]

    def test_sees_a_change_of_three_cells(self) -> None:
        sampler = Sampler(SAMPLES, 10_000)
        titled = GREY.copy()
        titled[20, 10:13] += 12

        taken = [at for at in range(0, 3000, 40) if sampler.wants(at, titled if at > 990 else GREY)]

        assert taken == [0, 1000]

    def test_ignores_noise(self) -> None:
        sampler = Sampler(SAMPLES, 10_000)
        noise = np.random.default_rng(0)

        taken = [
            at
            for at in range(0, 3990, 40)
            if sampler.wants(at, GREY + noise.integers(0, 5, GREY.shape).astype(np.uint8))
        ]

        assert taken == [0]

    def test_takes_a_new_shot_before_the_shortest_gap(self) -> None:
        sampler = Sampler(SAMPLES, 10_000)
        sampler.wants(0, GREY)

        assert [sampler.wants(at, GREY + 100) for at in (200, 240, 280)] == [False, False, False]
        assert not sampler.wants(290, GREY + 100)
        assert sampler.wants(330, GREY)

    def test_stays_within_its_budget_and_keeps_some_for_the_end(self) -> None:
        sampler = Sampler(SAMPLES, 3_600_000)
        pictures = [GREY, GREY + 100]

        taken = [
            at for at in range(0, 3_600_000, 200) if sampler.wants(at, pictures[at // 200 % 2])
        ]

        assert len(taken) <= 100
        assert taken[-1] > 3_600_000 * 0.98

    def test_takes_new_shots_at_once_with_what_a_still_has_saved(self) -> None:
        sampler = Sampler(replace(SAMPLES, max_gap_ms=None), 1_000_000)
        cuts = range(500_000, 600_000, 6000)

        taken = [
            at
            for at in range(0, 1_000_000, 200)
            if sampler.wants(at, GREY + 100 * (sum(at >= cut for cut in cuts) % 2))
        ]

        assert taken == [0, *cuts]


class TestNpyWriter:
    def test_writes_what_numpy_reads(self, tmp_path: Path) -> None:
        rows = np.random.default_rng(0).integers(0, 256, (1000, 3, 2), np.uint8)

        with NpyWriter(tmp_path / "a.npy", np.uint8, (3, 2)) as writer:
            for row in rows:
                writer.append(row)

        assert (np.load(tmp_path / "a.npy", mmap_mode="r") == rows).all()

    def test_refuses_another_shape(self, tmp_path: Path) -> None:
        with (
            NpyWriter(tmp_path / "a.npy", np.uint8, (3, 2)) as writer,
            pytest.raises(ValueError, match="shape"),
        ):
            writer.append(np.zeros((2, 3), np.uint8))


class TestUprightSize:
    def test_turns_and_shrinks(self) -> None:
        assert upright_size(3840, 2160, Fraction(1), 90, 1280) == (720, 1280)

    def test_never_enlarges(self) -> None:
        assert upright_size(320, 180, Fraction(1), 0, 1280) == (320, 180)

    def test_squares_pixels_by_widening(self) -> None:
        assert upright_size(720, 576, Fraction(64, 45), 0, 1280) == (1024, 576)


class TestReadHalfBgr:
    def test_gives_what_shrinking_would_and_rounds_odd_sides_up(self, tmp_path: Path) -> None:
        dots = np.random.default_rng(5).integers(0, 256, (28, 40, 3), np.uint8)
        picture = cv2.resize(dots, (321, 239), interpolation=cv2.INTER_CUBIC)
        write_jpeg(tmp_path / "one.jpg", np.asarray(picture), 95)

        half = read_half_bgr(tmp_path / "one.jpg")

        assert half.shape == (120, 161, 3)
        shrunk = cv2.resize(picture[:238, :320], (160, 119), interpolation=cv2.INTER_AREA)
        assert cv2.absdiff(np.asarray(half[:119, :160]), shrunk).mean() < 4

    def test_refuses_what_is_none(self, tmp_path: Path) -> None:
        path = tmp_path / "one.jpg"
        path.write_bytes(b"no picture")

        with pytest.raises(ValueError, match="is no picture"):
            read_half_bgr(path)


class TestPosterScore:
    def test_prefers_a_sharp_picture_to_black_white_and_blurred(self) -> None:
        sharp = np.kron(np.indices((18, 32)).sum(0) % 2 * 200 + 20, np.ones((10, 10)))
        picture = np.repeat(sharp.astype(np.uint8)[..., None], 3, axis=2)

        assert poster_score(picture) > 0.5
        assert poster_score(np.zeros_like(picture)) == 0
        assert poster_score(np.full_like(picture, 255)) == 0


class TestStoryboard:
    def test_thins_out_a_video_that_is_longer_than_it_said(self, tmp_path: Path) -> None:
        board = Storyboard(duration_ms=10_000)
        for at_ms in range(0, 500_000, 40):
            if board.wants(at_ms):
                board.add(at_ms, np.zeros((9, 16, 3), np.uint8))

        board.write(tmp_path / "a.jpg", tmp_path / "a.vtt", 500_000)

        cues = (tmp_path / "a.vtt").read_text().split("\n\n")[1:]
        assert MAX_TILES / 2 <= len([cue for cue in cues if cue]) <= MAX_TILES
        assert cues[0].startswith("00:00:00.000 --> ")
        assert "--> 00:08:20.000" in (tmp_path / "a.vtt").read_text()
