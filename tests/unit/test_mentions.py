"""Where names stand in cues."""

import pytest

from pipeline.media import sentences
from pipeline.media.mentions import mention
from pipeline.results import Cue, Mention, Word


def cue(start_ms: int, text: str) -> Cue:
    """Return a cue whose words take 100 ms each."""
    words = tuple(
        Word(start_ms + 100 * i, start_ms + 100 * (i + 1), word, 0.9)
        for i, word in enumerate(text.split())
    )
    return Cue(start_ms, words[-1].end_ms, text, 0.9, words)


def placed(cues: list[Cue], name: str) -> Mention:
    (sentence,) = sentences.cut(cues, "en")
    start = sentence.text.index(name)
    return mention(sentence, start, start + len(name), "place")


def said(cues: list[Cue], found: Mention) -> str:
    return " ".join(
        " ".join(cues[span.cue].text[span.start : span.end].split()) for span in found.spans
    )


class TestMention:
    @pytest.mark.parametrize(
        ("cues", "name", "spans"),
        [
            ([cue(0, "We saw New York, too")], "New York", [(0, 7, 15)]),
            ([cue(0, "We saw New\nYork")], "New York", [(0, 7, 15)]),
            ([cue(0, "We saw New"), cue(300, "York again")], "New York", [(0, 7, 10), (1, 0, 4)]),
            ([cue(0, "York and New York")], "York", [(0, 0, 4)]),
            ([cue(0, "(Berlin’s)")], "Berlin", [(0, 1, 7)]),  # noqa: RUF001  as it is written
            ([cue(0, "an an anan Ana")], "Ana", [(0, 11, 14)]),
            ([cue(0, "我们在北京市")], "北京", [(0, 3, 5)]),
        ],
    )
    def test_is_what_its_cues_have_there(
        self, cues: list[Cue], name: str, spans: list[tuple[int, int, int]]
    ) -> None:
        found = placed(cues, name)

        assert [(s.cue, s.start, s.end) for s in found.spans] == spans
        assert said(cues, found) == found.text == name

    def test_has_the_times_of_its_words(self) -> None:
        found = placed([cue(0, "We saw New"), cue(300, "York again")], "New York")

        assert (found.start_ms, found.end_ms) == (200, 400)
