"""Cues cut into sentences, with times and places."""

from dataclasses import replace

import pytest

from pipeline.media import sentences
from pipeline.results import Cue, Word


def cue(start_ms: int, text: str, *, words: bool = True, flags: tuple[str, ...] = ()) -> Cue:
    """Return a cue whose words take 100 ms each, one right after another."""
    heard = tuple(
        Word(start_ms + 100 * i, start_ms + 100 * (i + 1), word, 0.9)
        for i, word in enumerate(text.split())
    )
    end_ms = start_ms + 100 * max(len(heard), 1)
    return Cue(start_ms, end_ms, text, 0.9, heard if words else (), flags)


class TestCut:
    def test_joins_cues_and_parts_them_where_a_sentence_ends(self) -> None:
        found = sentences.cut(
            [cue(0, "One two\nthree. Four"), cue(400, "five."), cue(500, "Six?")], "en"
        )

        assert [(s.text, s.start_ms, s.end_ms) for s in found] == [
            ("One two three.", 0, 300),
            ("Four five.", 300, 500),
            ("Six?", 500, 600),
        ]

    def test_shares_the_time_of_a_cue_without_words(self) -> None:
        found = sentences.cut([cue(1000, "ab cd. Efgh.", words=False)], "en")

        assert [s.text for s in found] == ["ab cd.", "Efgh."]
        assert found[0].start_ms == 1000 and found[1].end_ms == 1300
        assert found[0].end_ms == found[1].start_ms == 1150

    def test_shares_it_too_where_the_text_was_corrected(self) -> None:
        wrong = cue(0, "Hello Wold.")
        corrected = Cue(0, 200, "Hello World.", 0.9, wrong.words)

        (found,) = sentences.cut([corrected], "en")

        assert (found.text, found.start_ms, found.end_ms) == ("Hello World.", 0, 200)

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("I met Dr. Watson. He ran.", 2),
            ("About approx. ten of them.", 1),
            ("It cost 3.5 euros.", 1),
            ("He said “stop.” Then he ran.", 2),
            ("今日は晴れ。明日は雨。", 2),
            ("...", 1),
        ],
    )
    def test_knows_a_full_stop_from_another(self, text: str, count: int) -> None:
        assert len(sentences.cut([cue(0, text)], "en")) == count

    def test_parts_words_without_marks_at_long_pauses_and_after_many(self) -> None:
        words = " ".join(["word"] * 10)

        found = sentences.cut(
            [cue(0, words), cue(5000, words), *[cue(6000 + i * 1000, words) for i in range(8)]],
            "en",
        )

        assert [len(sentence.tokens) for sentence in found] == [10, 20, 20, 20, 20, 10]

    def test_knows_where_each_token_stands_in_its_cue(self) -> None:
        cues = [cue(0, "One two\nthree."), cue(300, " Four  five.")]

        found = sentences.cut(cues, "en")

        for token in (token for sentence in found for token in sentence.tokens):
            text = cues[token.cue].text
            assert text[token.offset : token.offset + len(token.text)] == token.text

    def test_ends_one_where_the_language_changes(self) -> None:
        german = replace(cue(400, "und danach auf Deutsch."), language="de")

        found = sentences.cut([cue(0, "First in English,"), german], "en")

        assert [(one.text, one.language) for one in found] == [
            ("First in English,", "en"),
            ("und danach auf Deutsch.", "de"),
        ]

    def test_weighs_by_the_flags_of_the_cues(self) -> None:
        plain, doubted = sentences.cut(
            [cue(0, "Plain."), cue(100, "Doubted.", flags=("low_logprob",))], "en"
        )

        assert plain.weight == 1
        assert 0 < doubted.weight < 1

    def test_takes_cues_that_say_nothing(self) -> None:
        assert sentences.cut([], "en") == []
        assert sentences.cut([cue(0, ""), cue(10, " \n ", words=False)], "en") == []
