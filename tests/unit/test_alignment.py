"""Words laid onto speech: the mistakes that Whisper makes around pauses, mended."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.alignment import align
from pipeline.results import Word

SPEECH = [(1_000, 3_000), (5_000, 7_000)]


def aligned(*times: tuple[int, int], duration_ms: int = 10_000) -> list[tuple[int, int]]:
    words = [Word(start, end, str(i), 0.9) for i, (start, end) in enumerate(times)]
    return [(word.start_ms, word.end_ms) for word in align(words, SPEECH, duration_ms)]


class TestAlign:
    def test_leaves_words_inside_speech_alone(self) -> None:
        times = [(1_000, 1_400), (1_500, 2_000), (5_000, 6_000)]

        assert aligned(*times) == times

    def test_moves_an_early_first_word_to_the_voice(self) -> None:
        assert aligned((1_100, 1_400), (4_600, 5_300)) == [(1_000, 1_400), (5_000, 5_300)]

    def test_moves_a_late_first_word_to_the_voice(self) -> None:
        assert aligned((1_000, 1_400), (5_450, 5_800)) == [(1_000, 1_400), (5_000, 5_800)]

    def test_believes_a_first_word_that_is_very_late(self) -> None:
        assert aligned((1_000, 1_400), (5_900, 6_400)) == [(1_000, 1_400), (5_900, 6_400)]

    def test_moves_words_drawn_back_into_another_sound_to_their_sentence(self) -> None:
        assert aligned((2_400, 2_900), (2_900, 5_300), (5_300, 5_900)) == [
            (5_000, 5_020),
            (5_020, 5_300),
            (5_300, 5_900),
        ]

    def test_leaves_a_word_before_a_pause_that_begins_with_the_voice(self) -> None:
        assert aligned((1_100, 2_900), (2_900, 5_300)) == [(1_000, 2_900), (5_000, 5_300)]

    def test_ends_the_last_word_with_the_voice(self) -> None:
        assert aligned((1_000, 1_400), (2_500, 3_600)) == [(1_000, 1_400), (2_500, 3_000)]

    def test_gives_a_word_in_silence_to_the_nearer_speech(self) -> None:
        assert aligned((1_000, 2_900), (3_100, 3_300), (4_700, 4_900)) == [
            (1_000, 2_900),
            (3_000, 3_020),
            (5_000, 5_020),
        ]

    def test_gives_every_word_a_length(self) -> None:
        assert aligned((1_000, 1_500), (1_500, 1_500), (1_500, 1_900)) == [
            (1_000, 1_500),
            (1_500, 1_520),
            (1_520, 1_900),
        ]

    def test_makes_room_for_words_after_the_sound(self) -> None:
        times = [(5_000, 6_990), (7_200, 7_400), (7_500, 7_600)]

        assert aligned(*times, duration_ms=7_000) == [
            (5_000, 6_960),
            (6_960, 6_980),
            (6_980, 7_000),
        ]

    @given(
        st.lists(st.tuples(st.integers(0, 9_000), st.integers(-50, 2_000))),
        st.integers(7_000, 9_000),
    )
    def test_keeps_words_in_order_and_apart(
        self, times: list[tuple[int, int]], duration_ms: int
    ) -> None:
        spans = aligned(*((start, start + n) for start, n in times), duration_ms=duration_ms)

        assert len(spans) == len(times)
        assert all(0 <= start < end <= duration_ms for start, end in spans)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
