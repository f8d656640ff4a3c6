from pipeline.media.text_lines import (
    consensus,
    join_readings,
    join_words,
    looks_glued,
    merge_spans,
)
from pipeline.results import TextSpan


def span(
    start_ms: int,
    end_ms: int,
    text: str,
    confidence: float = 0.9,
    box: tuple[float, float, float, float] = (0.1, 0.8, 0.3, 0.05),
) -> TextSpan:
    return TextSpan(start_ms, end_ms, text, confidence, box)


class TestJoinWords:
    def test_joins_words_of_one_baseline(self) -> None:
        lines = join_words([(170, 102, 80, 28), (100, 100, 60, 30)])

        assert lines == [(100, 100, 150, 30)]

    def test_keeps_lines_below_each_other_apart(self) -> None:
        boxes = [(100, 100, 200, 30), (100, 140, 200, 30)]

        lines = join_words(boxes)

        assert lines == boxes

    def test_keeps_columns_apart(self) -> None:
        boxes = [(100, 100, 60, 30), (300, 100, 60, 30)]

        lines = join_words(boxes)

        assert lines == boxes

    def test_keeps_words_of_other_sizes_apart(self) -> None:
        boxes = [(100, 100, 60, 60), (165, 110, 60, 20)]

        lines = join_words(boxes)

        assert lines == boxes


class TestConsensus:
    def test_decides_letter_by_letter(self) -> None:
        votes = [("HUBBLÈ DEEP", 0.97), ("HÚBBLE DEEP", 0.95), ("HUBBLE DÉEP", 0.94)]

        assert consensus(votes) == ("HUBBLE DEEP", 0.97)

    def test_restores_a_space_that_one_reading_has(self) -> None:
        votes = [("ChapterOne", 0.99), ("Chapter One", 0.98), ("ChapterOne", 0.97)]

        assert consensus(votes)[0] == "Chapter One"

    def test_prefers_the_surest_reading_in_a_tie(self) -> None:
        votes = [("Lane 12 closed", 0.9), ("Lane 17 closed", 0.8)]

        assert consensus(votes) == ("Lane 12 closed", 0.9)

    def test_drops_accents_on_which_no_two_agree(self) -> None:
        votes = [("DEEP FIÈLD", 0.95), ("DEEP FIÉLD", 0.93), ("DEEP FIELD", 0.92)]

        assert consensus(votes) == ("DEEP FIELD", 0.95)

    def test_is_empty_where_readings_disagree(self) -> None:
        assert consensus([("wOmv", 0.7), ("iilt", 0.8), ("Kx9", 0.7)]) == ("", 0.0)
        assert consensus([]) == ("", 0.0)


class TestLooksGlued:
    def test_sees_a_capital_inside_a_word(self) -> None:
        assert looks_glued("ChapterOne")
        assert not looks_glued("Chapter One")
        assert not looks_glued("NASA")

    def test_takes_marks_for_ends_of_words(self) -> None:
        assert looks_glued("GARAGENOTES")
        assert not looks_glued("ship.sail(west)")


class TestMergeSpans:
    def test_joins_readings_of_one_text_and_keeps_the_surest(self) -> None:
        merged = merge_spans([span(0, 1000, "He11o world", 0.7), span(1200, 2000, "Hello world")])

        assert merged == (span(0, 2000, "Hello world"),)

    def test_keeps_other_texts_at_the_same_place_apart(self) -> None:
        subtitles = (span(0, 2000, "Where are you?"), span(2000, 4000, "On my way home."))

        assert merge_spans(subtitles) == subtitles

    def test_keeps_texts_apart_that_differ_by_a_number(self) -> None:
        chapters = (span(0, 2000, "Chapter 1"), span(2000, 4000, "Chapter 2"))

        assert merge_spans(chapters) == chapters

    def test_keeps_the_same_text_apart_when_it_comes_back_later(self) -> None:
        twice = (span(0, 2000, "Breaking news"), span(9000, 11000, "Breaking news"))

        assert merge_spans(twice) == twice

    def test_keeps_the_same_text_at_two_places_apart(self) -> None:
        both = (
            span(0, 2000, "Exit", box=(0.1, 0.1, 0.1, 0.05)),
            span(0, 2000, "Exit", box=(0.7, 0.8, 0.1, 0.05)),
        )

        assert merge_spans(both) == both

    def test_joins_a_text_that_slid_along_its_row(self) -> None:
        entering = span(0, 500, "Jane Miller", 0.8, (0.5, 0.8, 0.3, 0.05))
        standing = span(500, 3000, "Jane Miller", 0.9, (0.1, 0.8, 0.3, 0.05))

        merged = merge_spans([entering, standing])

        assert merged == (span(0, 3000, "Jane Miller"),)

    def test_joins_two_attempts_at_one_text(self) -> None:
        whole = span(0, 5000, "CHANNEL 7", 0.95, (0.8, 0.04, 0.15, 0.06))
        partial = span(0, 5000, "CHANNEL", 0.9, (0.8, 0.04, 0.12, 0.06))

        assert merge_spans([partial, whole]) == (whole,)

    def test_drops_what_was_read_while_a_text_slid_in(self) -> None:
        entering = span(0, 600, "e Break", 0.99, (0.0, 0.8, 0.15, 0.05))
        standing = span(500, 4000, "Coffee Break", box=(0.1, 0.8, 0.3, 0.05))

        assert merge_spans([entering, standing]) == (standing,)

    def test_begins_a_typed_text_with_its_first_words(self) -> None:
        begun = span(0, 900, "Ten billion", 0.99, (0.1, 0.8, 0.15, 0.05))
        typed = span(900, 4000, "Ten billion years ago")

        assert merge_spans([begun, typed]) == (span(0, 4000, "Ten billion years ago"),)

    def test_keeps_a_short_text_that_a_longer_one_on_another_row_repeats(self) -> None:
        short = span(0, 900, "Results", box=(0.1, 0.1, 0.2, 0.05))
        long = span(0, 4000, "Results of the year")

        assert merge_spans([short, long]) == (short, long)

    def test_drops_a_word_that_was_also_found_inside_its_line_for_long(self) -> None:
        line = span(0, 3600, "One hour to space", box=(0.25, 0.1, 0.49, 0.12))
        word = span(200, 3700, "space", 0.99, (0.57, 0.12, 0.18, 0.1))

        assert merge_spans([line, word]) == (line,)

    def test_keeps_a_word_that_stands_long_beside_the_line_that_repeats_it(self) -> None:
        line = span(0, 3600, "One hour to space", box=(0.1, 0.1, 0.4, 0.05))
        word = span(0, 3600, "space", box=(0.7, 0.1, 0.15, 0.05))

        assert merge_spans([line, word]) == (line, word)

    def test_keeps_a_word_that_stays_when_the_line_has_gone(self) -> None:
        line = span(0, 3000, "One hour to space", box=(0.1, 0.1, 0.4, 0.05))
        word = span(2500, 9000, "space", box=(0.35, 0.1, 0.15, 0.05))

        assert merge_spans([line, word]) == (line, word)


class TestJoinReadings:
    def test_joins_by_what_the_end_of_one_and_the_begin_of_the_next_share(self) -> None:
        parts = ["Ferry services resum", "y services resume on Mon", "resume on Monday"]

        assert join_readings(parts) == "Ferry services resume on Monday"

    def test_takes_no_letters_that_the_edge_of_the_picture_cuts(self) -> None:
        parts = ["Rain in the north, sun in the soutl", "irth, sun in the south by noon"]

        assert join_readings(parts) == "Rain in the north, sun in the south by noon"

    def test_sets_parts_that_share_nothing_side_by_side(self) -> None:
        assert join_readings(["Rain", "Snow"]) == "Rain Snow"

    def test_keeps_what_is_said_twice(self) -> None:
        parts = ["the tide turns and the tide", "turns and the tide turns again"]

        assert join_readings(parts) == "the tide turns and the tide turns again"
