"""Findings as passages."""

from itertools import pairwise

from pipeline.media.passages import Part, of_speech
from pipeline.results import Cue


def cue(start_ms: int, text: str, end_ms: int | None = None) -> Cue:
    return Cue(start_ms, end_ms or start_ms + 2000, text, 0.9, ())


class TestOfSpeech:
    def test_joins_cues_and_tells_where_each_begins(self) -> None:
        (passage,) = of_speech(
            [cue(0, "Ships leave\nthe"), cue(2000, "harbour."), cue(4500, "So.")]
        )

        assert passage.text == "Ships leave the harbour. So."
        assert (passage.start_ms, passage.end_ms) == (0, 6500)
        assert passage.parts == (Part(0, 0, 2000), Part(16, 2000, 4000), Part(25, 4500, 6500))

    def test_parts_where_nobody_speaks(self) -> None:
        found = of_speech([cue(0, "One"), cue(4999, "two"), cue(9999, "three")])

        assert [passage.text for passage in found] == ["One two", "three"]

    def test_ends_at_a_sentence_once_it_is_long(self) -> None:
        long, short = "word " * 25 + "end.", "And so on."

        found = of_speech([cue(0, long), cue(2000, short), cue(4000, short)])

        assert [passage.text for passage in found] == [long, f"{short} {short}"]

    def test_never_grows_beyond_250_characters(self) -> None:
        cues = [cue(2000 * n, "word " * 15 + "end") for n in range(40)]

        found = of_speech(cues)

        assert max(len(passage.text) for passage in found) <= 250
        assert sum(len(passage.parts) for passage in found) == 40
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(found))

    def test_sets_no_space_where_a_language_has_none(self) -> None:
        (passage,) = of_speech([cue(0, "\u6d77\u306f"), cue(2000, "\u9752\u3044")])

        assert passage.text == "\u6d77\u306f\u9752\u3044"
        assert passage.parts[1].offset == 2

    def test_of_none_is_none(self) -> None:
        assert of_speech([]) == []
