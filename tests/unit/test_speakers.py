"""From vectors of voices to turns of speakers, and labels that last."""

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.media.labels import labels
from pipeline.media.speakers import Window, batches, grouped, in_music, recognised, turns, windows
from pipeline.results import SoundEvent, SpeakerTurn

RATE = 16_000
HOP, SIZE, LEAST = 12_000, 24_000, 6_400


def voices(counts: list[int], noise: float = 0.5) -> npt.NDArray[np.float32]:
    """Return unit vectors of so many windows of each voice, one voice after another."""
    random = np.random.default_rng(1)
    middles = np.linalg.qr(random.standard_normal((192, len(counts))))[0].T
    vectors = np.repeat(middles, counts, axis=0)
    vectors = vectors + noise * random.standard_normal(vectors.shape) / np.sqrt(192)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def said(spans_s: list[tuple[float, float]], told: list[int]) -> list[tuple[int, int, int]]:
    """Return (speaker, start_ms, end_ms) of turns whose windows are told to be these speakers'."""
    spans = [(round(a * RATE), round(b * RATE)) for a, b in spans_s]
    cut = windows(spans, SIZE, HOP, LEAST)
    assert len(cut) == len(told)
    likeness = np.full((len(cut), max(told) + 1), 0.1, np.float32)
    likeness[np.arange(len(cut)), told] = 0.8
    return [(t.speaker, t.start_ms, t.end_ms) for t in turns(spans, cut, likeness, 500, 500)]


class TestWindows:
    def test_reach_to_the_ends_of_their_span(self) -> None:
        cut = windows([(0, 40_000)], SIZE, HOP, LEAST)

        assert [(w.start, w.end) for w in cut] == [(0, 24_000), (12_000, 36_000), (16_000, 40_000)]

    def test_of_brief_speech_are_all_of_it(self) -> None:
        assert windows([(100, 100 + LEAST)], SIZE, HOP, LEAST) == [Window(0, 100, 100 + LEAST)]

    def test_leave_out_what_is_too_brief(self) -> None:
        assert windows([(0, LEAST - 1)], SIZE, HOP, LEAST) == []

    def test_are_filled_by_saying_it_again(self) -> None:
        samples = np.arange(100, dtype=np.int16)

        (batch,) = batches(samples, [Window(0, 10, 14)], 6, 8)

        assert batch.tolist() == [[10, 11, 12, 13, 10, 11]]


class TestGrouped:
    @pytest.mark.parametrize("counts", [[5], [40, 30], [9, 3, 20, 6], [500, 2, 700, 60]])
    def test_finds_as_many_voices_as_there_are(self, counts: list[int]) -> None:
        assert len(grouped(voices(counts), 0.4, 2, 20)) == len(counts)

    def test_knows_a_voice_again_after_minutes(self) -> None:
        vectors = voices([450, 450])

        found = grouped(np.concatenate([vectors, vectors[:450]]), 0.4, 2, 20)

        assert len(found) == 2
        assert (vectors @ found.T).argmax(axis=1).tolist() == [0] * 450 + [1] * 450

    def test_counts_no_single_window_as_a_speaker(self) -> None:
        assert len(grouped(voices([20, 1]), 0.4, 2, 20)) == 1

    def test_takes_what_there_is_where_nobody_speaks_longer(self) -> None:
        assert len(grouped(voices([1, 1]), 0.4, 2, 20)) == 2

    def test_takes_no_more_than_it_may(self) -> None:
        assert len(grouped(voices([4] * 30), 0.4, 2, 20)) == 20


class TestTurns:
    def test_number_speakers_as_they_begin_to_speak(self) -> None:
        assert said([(1, 2.5), (3.5, 5), (6, 7.5)], [1, 0, 1]) == [
            (1, 1000, 2500),
            (2, 3500, 5000),
            (1, 6000, 7500),
        ]

    def test_go_on_over_a_brief_pause(self) -> None:
        assert said([(1, 2.5), (2.9, 4.4)], [0, 0]) == [(1, 1000, 4400)]

    def test_end_at_a_long_pause(self) -> None:
        assert len(said([(1, 2.5), (3.1, 4.6)], [0, 0])) == 2

    def test_change_between_windows_where_nobody_pauses(self) -> None:
        found = said([(0, 6)], [0, 0, 0, 0, 1, 1, 1])

        assert [speaker for speaker, _, _ in found] == [1, 2]
        assert found[0][2] == found[1][1] == pytest.approx(3375, abs=400)

    def test_of_what_is_too_brief_to_tell_go_to_whom_it_touches(self) -> None:
        assert said([(1, 2.5), (2.7, 3.0), (5, 6.5)], [0, 1]) == [(1, 1000, 3000), (2, 5000, 6500)]

    def test_leave_out_what_is_brief_and_far_from_all(self) -> None:
        assert said([(1, 2.5), (4, 4.3)], [0]) == [(1, 1000, 2500)]

    def test_do_not_interrupt_for_half_a_second(self) -> None:
        assert said([(1, 2.5), (2.7, 3.15), (3.3, 4.8)], [0, 1, 0]) == [(1, 1000, 4800)]


class TestInMusic:
    SPANS = ((0, RATE), (2 * RATE, 3 * RATE), (4 * RATE, 5 * RATE))

    def test_is_what_is_music_and_no_speech(self) -> None:
        events = [
            SoundEvent("music", 1900, 5000, 0.9, 0.8),
            SoundEvent("speech", 3900, 5200, 0.9, 0.8),
        ]

        assert in_music(self.SPANS, events) == {1}

    def test_is_nothing_where_nothing_sounds(self) -> None:
        assert in_music(self.SPANS, []) == set()


class TestRecognised:
    def test_are_doubted_spans_that_are_like_one_voice_on_average(self) -> None:
        cut = [Window(0, 0, 9), Window(1, 10, 19), Window(1, 15, 24), Window(2, 30, 39)]
        likeness = np.array([[0.1, 0.2], [0.7, 0.1], [0.3, 0.0], [0.3, 0.2]], np.float32)

        assert recognised(cut, likeness, {1, 2}, 0.4) == {1}


class TestLabels:
    @staticmethod
    def turns(*told: tuple[int, int, int]) -> list[SpeakerTurn]:
        return [SpeakerTurn(speaker, start, end, 0.8) for speaker, start, end in told]

    def test_are_given_by_who_first_speaks(self) -> None:
        assert labels(self.turns((1, 0, 9), (2, 9, 20), (1, 20, 30)), []) == {1: "S1", 2: "S2"}

    def test_stay_with_the_voice_though_another_speaks_first_now(self) -> None:
        before = [("S1", 0, 1000), ("S2", 2000, 5000)]

        found = labels(self.turns((1, 0, 400), (2, 400, 1000), (1, 2000, 5000)), before)

        assert found == {1: "S2", 2: "S1"}

    def test_of_those_who_were_not_heard_before_are_new(self) -> None:
        before = [("S1", 0, 1000), ("S3", 2000, 5000)]

        assert labels(self.turns((1, 0, 900), (2, 6000, 7000)), before) == {1: "S1", 2: "S4"}

    def test_go_to_one_of_two_who_were_one(self) -> None:
        before = [("S1", 0, 10_000)]

        assert labels(self.turns((1, 0, 3000), (2, 3000, 10_000)), before) == {2: "S1", 1: "S2"}
