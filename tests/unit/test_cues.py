"""Subtitle rules: what must hold for any words, and what good breaks look like."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.media import cues
from pipeline.results import Cue, Word

TEXTS = st.one_of(
    st.sampled_from(["a", "of", "the", "bridge,", "river.", "where?", "extraordinarily", "Dr."]),
    st.text("abcdefghijklmnopqrstuvwxyzäöü.,?!'-", min_size=1, max_size=12),
    st.sampled_from(["私", "は", "学生", "です。", "안녕하세요", "สวัสดี", "😀"]),
    st.integers(43, 200).map(lambda n: "x" * n),
)


@st.composite
def speech(draw: st.DrawFn) -> list[Word]:
    """Words in order, with pauses of 0 to 5 s, 20 ms to 9 s long."""
    words, clock = [], 0
    for text in draw(st.lists(TEXTS, max_size=40)):
        clock += draw(st.sampled_from([0, 0, 0, 40, 300, 700, 1_500, 5_000]))
        length = draw(st.sampled_from([20, 150, 300, 600, 1_200, 9_000]))
        words.append(Word(clock, clock + length, text, draw(st.floats(0, 1))))
        clock += length
    return words


def said(text: str, *, word_ms: int = 300, pauses: dict[str, int] | None = None) -> list[Word]:
    """Words of equal length; `pauses` names words and the silence after each in ms."""
    words, clock = [], 0
    for token in text.split():
        words.append(Word(clock, clock + word_ms, token, 0.9))
        clock += word_ms + (pauses or {}).get(token, 0)
    return words


def texts(found: tuple[Cue, ...]) -> list[str]:
    return [cue.text for cue in found]


class TestAnyCues:
    @given(speech())
    def test_keep_every_word_once_and_in_order(self, words: list[Word]) -> None:
        found = cues.build(words, 10**6)

        kept = "".join(word.text for cue in found for word in cue.words)
        shown = "".join(cue.text for cue in found)
        assert kept == "".join(word.text for word in words)
        assert shown.replace("\n", "").replace(" ", "") == kept

    @given(speech())
    def test_have_at_most_two_lines_of_42_characters(self, words: list[Word]) -> None:
        found = cues.build(words, 10**6)

        for cue in found:
            lines = cue.text.split("\n")
            assert 1 <= len(lines) <= 2
            assert all(0 < len(line) <= 42 for line in lines)
            assert all(line == line.strip() for line in lines)

    @given(speech())
    def test_never_overlap_nor_stay_over_seven_seconds(self, words: list[Word]) -> None:
        found = cues.build(words, 10**6)

        assert all(0 < cue.end_ms - cue.start_ms <= 7_000 for cue in found)
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(found))

    @given(speech())
    def test_begin_and_last_as_their_words_do(self, words: list[Word]) -> None:
        found = cues.build(words, 10**6)

        for cue in found:
            assert cue.start_ms == cue.words[0].start_ms
            assert cue.end_ms >= cue.words[-1].end_ms

    @given(speech())
    def test_are_short_or_fast_only_where_there_is_no_room(self, words: list[Word]) -> None:
        found = cues.build(words, 10**6)

        for cue, room_ms in zip(found, [*(c.start_ms for c in found[1:]), 10**6], strict=False):
            length_ms = cue.end_ms - cue.start_ms
            columns = sum(cues.columns(line) for line in cue.text.split("\n"))
            if cue.end_ms < room_ms:
                assert length_ms >= 1_000
                assert columns * 1000 <= 20 * length_ms

    @given(speech())
    def test_break_at_long_pauses(self, words: list[Word]) -> None:
        found = cues.build(words, 10**6)

        for cue in found:
            assert all(b.start_ms - a.end_ms < 1_000 for a, b in pairwise(cue.words))


class TestBuild:
    def test_of_nothing_is_nothing(self) -> None:
        assert cues.build([], 1_000) == ()

    def test_breaks_where_sentences_end(self) -> None:
        words = said("The harbour was quiet at dawn. Nobody had expected a storm that day.")

        found = cues.build(words, 10_000)

        assert texts(found) == [
            "The harbour was quiet at dawn.",
            "Nobody had expected a storm that day.",
        ]

    def test_does_not_break_after_a_title(self) -> None:
        words = said("We went to see Dr. Brown about it.")

        found = cues.build(words, 10_000)

        assert texts(found) == ["We went to see Dr. Brown about it."]

    def test_keeps_a_short_sentence_on_screen_with_its_neighbour(self) -> None:
        words = said("Yes. No. We will see about that tomorrow.", word_ms=200)

        found = cues.build(words, 10_000)

        assert texts(found)[0].startswith("Yes. No.")
        assert all(cue.end_ms - cue.start_ms >= 1_000 for cue in found)

    def test_prefers_a_clause_to_any_word(self) -> None:
        words = said(
            "When the boats came home that evening with their nets full, "
            "people on the quay counted baskets of fish and oranges by lamplight"
        )

        found = cues.build(words, 10_000)

        assert texts(found)[0].endswith("full,")

    def test_prefers_a_pause_to_any_word(self) -> None:
        words = said(
            "people on the quay counted baskets of fish and oranges "
            "while the others went home through the dark and narrow streets",
            pauses={"oranges": 500},
        )

        found = cues.build(words, 10_000)

        assert texts(found)[0].endswith("oranges")

    def test_balances_two_lines(self) -> None:
        words = said("Engineers say that the bridge will be repaired soon.", word_ms=400)

        found = cues.build(words, 10_000)

        assert texts(found) == ["Engineers say that the bridge\nwill be repaired soon."]

    def test_extends_into_silence_for_reading(self) -> None:
        words = said("Unbelievably extraordinary circumstances", word_ms=200)

        found = cues.build(words, 10_000)

        assert (found[0].start_ms, found[0].end_ms) == (0, 2_000)

    def test_ends_with_the_video(self) -> None:
        words = said("Good night", word_ms=200)

        found = cues.build(words, 500)

        assert found[0].end_ms == 500

    def test_cuts_a_word_longer_than_a_line(self) -> None:
        words = [Word(0, 1_000, "x" * 100, 0.5)]

        found = cues.build(words, 3_000)

        assert texts(found) == ["x" * 42 + "\n" + "x" * 42, "x" * 16]
        assert [word.start_ms for cue in found for word in cue.words] == [0, 420, 840]

    def test_sets_japanese_without_spaces_in_wide_columns(self) -> None:
        words = [Word(i * 200, i * 200 + 200, c, 0.9) for i, c in enumerate("あ" * 30 + "。")]

        found = cues.build(words, 10_000)

        assert [len(line) for line in texts(found)[0].split("\n")] == [16, 15]

    def test_rates_a_cue_by_its_words(self) -> None:
        words = [Word(0, 300, "maybe", 0.4), Word(300, 600, "so", 0.8)]

        found = cues.build(words, 3_000)

        assert found[0].confidence == 0.6

    def test_parts_no_syllable_of_japanese(self) -> None:
        text = "何でも薄暗いじめじめした所でニャーニャー泣いていた"
        words = [Word(140 * i, 140 * i + 130, c, 0.9) for i, c in enumerate(text)]

        (cue,) = cues.build(words, 10_000)

        first, second = cue.text.split("\n")
        assert first + second == text
        assert second[0] not in "ャー"


class TestJoin:
    def test_spaces_words_as_their_script_does(self) -> None:
        assert cues.join(["one", "two"]) == "one two"
        assert cues.join(["私", "は", "Tom", "です"]) == "私はTomです"
        assert cues.join(["안녕", "세상"]) == "안녕 세상"
