"""Cues set on cuts and apart."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media import cues
from pipeline.media.captions import GAP_MS, NEAR_MS, Caption, show
from pipeline.results import Cue, Word

DURATION_MS = 60_000


def said(*words: tuple[int, int, str]) -> list[Cue]:
    return list(cues.build([Word(*word, probability=0.9) for word in words], DURATION_MS))


def times(captions: list[Caption]) -> list[tuple[int, int]]:
    return [(caption.start_ms, caption.end_ms) for caption in captions]


SENTENCE = [(1_000, 1_400, "Ships"), (1_400, 1_800, "leave"), (1_800, 2_600, "harbour.")]


class TestShow:
    def test_leaves_alone_what_is_far_from_cuts_and_others(self) -> None:
        heard = said(*SENTENCE)

        shown = show(heard, [0, 9_000])

        assert times(shown) == [(1_000, 2_600)]
        assert shown[0].text == heard[0].text

    @pytest.mark.parametrize(("cut_ms", "start_ms"), [(900, 900), (1_200, 1_200), (700, 1_000)])
    def test_begins_at_a_cut_that_is_near(self, cut_ms: int, start_ms: int) -> None:
        assert show(said(*SENTENCE), [cut_ms])[0].start_ms == start_ms

    @pytest.mark.parametrize("cut_ms", [2_500, 2_620, 2_850])
    def test_ends_before_a_cut_at_which_speech_has_ended(self, cut_ms: int) -> None:
        assert show(said(*SENTENCE), [cut_ms])[0].end_ms == cut_ms - GAP_MS

    def test_does_not_wait_for_a_cut_far_off(self) -> None:
        assert show(said(*SENTENCE), [3_000])[0].end_ms == 2_600

    def test_goes_over_a_cut_while_speech_runs_on(self) -> None:
        assert times(show(said(*SENTENCE), [1_800])) == [(1_000, 2_600)]

    def test_would_rather_be_read_than_end_at_a_cut(self) -> None:
        """ "Yes." is heard for 300 ms, and stands for a second."""
        (shown,) = show(said((1_000, 1_300, "Yes.")), [1_400])

        assert shown.end_ms - shown.start_ms >= cues.MIN_MS
        assert shown.end_ms >= 1_400 + 2 * NEAR_MS

    def test_parts_at_a_cut_at_which_speech_pauses(self) -> None:
        before = [(0, 500, "Ships"), (500, 1_500, "leave,")]
        after = [(1_900, 2_400, "and"), (2_400, 3_300, "return.")]
        heard = said(*before, *after)
        assert len(heard) == 1

        shown = show(heard, [1_700])

        assert [caption.text for caption in shown] == ["Ships leave,", "and return."]
        assert times(shown) == [(0, 1_620), (1_700, 3_300)]

    def test_keeps_two_pictures_between_captions(self) -> None:
        heard = [
            *said((0, 2_000, "One.")),
            *said((2_000, 4_000, "Two.")),
            *said((4_200, 6_000, "Three.")),
        ]

        assert times(show(heard, [])) == [(0, 1_920), (2_000, 4_120), (4_200, 6_000)]

    def test_shows_as_it_came_what_a_person_has_set(self) -> None:
        came = [Cue(1_000, 9_900, "A\nB\nC", None, ()), Cue(9_900, 9_950, "D", None, ())]

        shown = show(came, [1_100, 5_000], ["S1", ""])

        assert times(shown) == [(1_000, 9_900), (9_900, 9_950)]
        assert [(caption.text, caption.speaker) for caption in shown] == [
            ("A\nB\nC", "S1"),
            ("D", ""),
        ]

    def test_of_nothing_is_nothing(self) -> None:
        assert show([], [1_000]) == []

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 1_500),
                st.integers(40, 900),
                st.text("ab,.", min_size=1, max_size=12),
            ),
            max_size=40,
        ),
        st.lists(st.integers(0, DURATION_MS), max_size=20),
    )
    def test_keeps_the_rules_whatever_is_said(
        self, words: list[tuple[int, int, str]], cuts_ms: list[int]
    ) -> None:
        at_ms, placed = 0, []
        for pause_ms, spoken_ms, text in words:
            placed.append((at_ms + pause_ms, at_ms + pause_ms + spoken_ms, text))
            at_ms += pause_ms + spoken_ms
        heard = said(*placed)

        shown = show(heard, sorted(set(cuts_ms)))

        def written(lines: list[str]) -> str:
            return "".join("".join(lines).split())

        assert written([one.text for one in shown]) == written([cue.text for cue in heard])
        for caption in shown:
            assert 0 < caption.end_ms - caption.start_ms <= cues.MAX_MS
            assert all(cues.columns(line) <= cues.MAX_LINE for line in caption.text.split("\n"))
            assert caption.text.count("\n") <= 1
        for one, other in pairwise(shown):
            room_ms = other.start_ms - one.start_ms
            assert other.start_ms - one.end_ms >= min(GAP_MS, room_ms // 2)
