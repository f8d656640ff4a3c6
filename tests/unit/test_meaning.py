"""Chapters' starts and titles, keywords and the choice of sentences, without a model."""

import numpy as np
import pytest

from pipeline.engines import vader
from pipeline.media import chapters, keywords, sentences, summaries, terms
from pipeline.media.phrases import Weighed, phrases
from pipeline.results import TextSpan
from tests import talk


def text_span(start_ms: int, text: str, *, height: float = 0.1, end_ms: int = 0) -> TextSpan:
    return TextSpan(start_ms, end_ms or start_ms + 2000, text, 0.95, (0.1, 0.1, 0.5, height))


def weighed(*texts: str, language: str = "en", weight: float = 1.0) -> list[Weighed]:
    return [Weighed(text, weight, language) for text in texts]


class TestChapterStart:
    def test_is_the_cut_in_the_pause_before_its_words(self) -> None:
        before, after = sentences.cut(
            talk.spoken(["One is here.", "Two is there."], pauses_before=[1]), "en"
        )
        cut = (before.end_ms + after.start_ms) // 2

        assert chapters.start_ms(before, after, [100, cut, 60_000]) == cut
        assert chapters.start_ms(before, after, [100, 60_000]) == after.start_ms

    def test_is_cheaper_after_a_pause_and_at_a_cut(self) -> None:
        said = sentences.cut(
            talk.spoken(["One is here.", "Two is there.", "Three."], pauses_before=[2]), "en"
        )

        plain = chapters.costs(said, [], 1.0)
        cut = chapters.costs(said, [said[1].start_ms - 50], 1.0)

        assert plain[2] < plain[1] < plain[0] == 1.0
        assert cut[1] < plain[1] and cut[2] == plain[2]


class TestScreenTitle:
    def test_is_the_largest_text_near_the_start(self) -> None:
        texts = [
            text_span(10_200, "small print", height=0.03),
            text_span(10_500, "Part two"),
            text_span(11_000, "THE HARBOUR", height=0.2),
            text_span(40_000, "Much later", height=0.3),
        ]

        assert chapters.screen_title((10_000, 50_000), texts, 60_000) == "THE HARBOUR"

    @pytest.mark.parametrize(
        "texts",
        [
            [],
            [text_span(0, "Logo"), text_span(20_000, "logo")],
            [text_span(0, "Always there", end_ms=50_000)],
            [text_span(0, "12:30"), text_span(0, "x" * 80), text_span(0, "no")],
        ],
    )
    def test_is_none_where_no_text_is_a_title(self, texts: list[TextSpan]) -> None:
        assert chapters.screen_title((0, 30_000), texts, 60_000) == ""


class TestKeywords:
    def test_knows_words_that_belong_together(self) -> None:
        texts = weighed("The immune system learns.", "An Immune system, indeed!") * 2

        found = keywords.keywords(texts, None, 3)

        assert found[0].text == "immune system" and found[0].score == 1
        assert all("immune" not in keyword.text for keyword in found[1:])

    def test_weighs_by_trust(self) -> None:
        texts = [*weighed("A harbour."), *weighed("A casino.", "That casino.", weight=0.2)]

        assert keywords.keywords(texts, None, 2)[0].text == "harbour"

    @pytest.mark.parametrize("language", ["de", "es"])
    def test_names_the_matter_in_other_languages(self, language: str) -> None:
        for topic in talk.TOPICS[language].values():
            texts = weighed(*topic["sentences"], language=language)

            found = {k.text.casefold() for k in keywords.keywords(texts, None, 8)}

            assert any(set(named.split("|")) & found for named in topic["keywords"])

    def test_leaves_out_the_stop_words_of_each_language(self) -> None:
        texts = [
            *weighed("The roof of the house and the door.", "The door to the roof.") * 2,
            *weighed("Die Biene und die Blüte.", "Für die Biene ist die Blüte da.", language="de"),
        ]

        found = {one.text for one in keywords.keywords(texts, None, 8)}
        titled = keywords.titles([texts[:4], texts[4:]], None)

        assert found == {"roof", "house", "door", "Biene", "Blüte"}
        assert titled == ("House, roof", "Biene, Blüte")

    @pytest.mark.parametrize(
        "text", ["", "und", "这是一个关于蜜蜂的视频", "ok 123 …", "a-b-c 'tis"]
    )
    def test_takes_any_text(self, text: str) -> None:
        for language in ("en", "zh", "xx"):
            said = weighed(text, language=language)
            keywords.keywords(said, None, 5)
            assert len(keywords.titles([said, []], None)) == 2

    def test_stay_short_whatever_the_words(self) -> None:
        words = [c * 50 for c in "abcdef"]
        texts = weighed(f"{' '.join(words[:3])}, {' '.join(words[3:])} {'x' * 5000}.") * 3

        (title,) = keywords.titles([texts], None)

        assert 0 < len(title) <= 200
        assert all(len(one.text) <= 200 for one in keywords.keywords(texts, None, 9))

    def test_cuts_at_stop_words_and_marks(self) -> None:
        found = {one.text for one in phrases(weighed("Steam engines, coal and fast trains"))}

        assert {"Steam engines", "coal", "fast trains"} <= found
        assert not any("engines coal" in text or "and" in text.split() for text in found)

    def test_leaves_content_words_of_english_in(self) -> None:
        assert terms.telling("interest", "en") and terms.telling("system", "en")
        assert not terms.telling("Don’t", "en") and not terms.telling("1998", "en")  # noqa: RUF001  as written


class TestTitles:
    def test_tell_parts_apart(self) -> None:
        parts = [
            weighed("A boat in the water.", "The boat has a sail.", "A sail."),
            weighed("A train near water.", "The train has steam.", "Steam."),
        ]

        first, second = keywords.titles(parts, None)

        assert (first, second) == ("Boat, sail", "Train, steam")


class TestSummary:
    def test_has_a_sentence_of_each_chapter(self) -> None:
        said = sentences.cut(talk.spoken(talk.sentences_of("en", "bread", "chess", "bees")), "en")
        vectors = np.eye(len(said), dtype=np.float32)

        found = summaries.choose(said, vectors, [0, 9, 17], 3)

        places = [place for place, _ in found]
        assert places == sorted(places)
        assert [sum(a <= p < b for p in places) for a, b in ((0, 9), (9, 17), (17, 25))] == [
            1,
            1,
            1,
        ]

    def test_takes_what_stands_for_the_others(self) -> None:
        said = sentences.cut(
            talk.spoken([f"Sentence number {i} says this." for i in range(6)]), "en"
        )
        vectors = np.zeros((6, 6), np.float32)
        vectors[:, 0] = 0.6
        vectors[range(6), range(6)] += 0.6
        vectors[0] = 0
        vectors[0, 5] = 1
        vectors[3] = np.eye(6, dtype=np.float32)[0]

        (found,) = summaries.choose(said, vectors, [0], 1)

        assert found[0] == 3

    def test_passes_over_what_is_not_to_be_trusted(self) -> None:
        doubted = talk.spoken(["This is a plain full sentence."], flags=("repetition", "music"))
        said = sentences.cut([*doubted, *talk.spoken(["Here is another plain sentence."])], "en")

        ((place, _),) = summaries.choose(said, np.eye(2, dtype=np.float32), [0], 1)

        assert place == 1

    @pytest.mark.parametrize(
        ("count", "duration_ms", "length"),
        [(1, 4000, 1), (7, 34_000, 1), (30, 240_000, 5), (2000, 7_200_000, 20), (5, 240_000, 1)],
    )
    def test_is_as_long_as_the_video_asks_for(
        self, count: int, duration_ms: int, length: int
    ) -> None:
        assert summaries.length(count, duration_ms) == length


class TestSentiment:
    def test_tells_praise_from_blame_and_neither(self) -> None:
        praise, blame = ("This is a wonderful, great day.", 1.0), ("What a terrible loss.", 1.0)

        assert (vader.sentiment([praise]) or 0) > 0.5
        assert (vader.sentiment([blame]) or 0) < -0.3
        assert vader.sentiment([("The boat is red.", 1.0)]) == 0
        assert vader.sentiment([praise, (blame[0], 0.0)]) == vader.sentiment([praise])
        assert vader.sentiment([(praise[0], 0.0)]) is None
