"""Which cues are doubted, and what is left of their weight."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.media import cues, trust
from pipeline.results import Cue, Utterance, Word

SURE = Utterance((), "en", log_probability=-0.2, no_speech=0.01, compression=1.5)


def flags(
    *said: tuple[str, Utterance],
    step_ms: int = 400,
    speech_ms: tuple[int, int] = (0, 600_000),
    music_ms: tuple[tuple[int, int], ...] = (),
    spoken_ms: tuple[tuple[int, int], ...] = (),
    probability: float = 0.9,
) -> list[tuple[str, ...]]:
    """Return the flags of the cues in which texts are set, each heard as one utterance."""
    heard: list[trust.Heard] = []
    for text, utterance in said:
        for word in text.split():
            start = len(heard) * step_ms
            placed = Word(start, start + step_ms * 3 // 4, word, probability)
            heard.append(trust.Heard(placed, (placed.start_ms, placed.end_ms), utterance))
    built = cues.build([one.word for one in heard], len(heard) * step_ms)
    found = trust.flagged(
        built, heard, speech_ms=[speech_ms], music_ms=music_ms, spoken_ms=spoken_ms
    )
    assert [replace(cue, flags=()) for cue in found] == list(built)
    return [cue.flags for cue in found]


def said(text: str, **measures: Any) -> tuple[str, Utterance]:
    return text, replace(SURE, **measures)


class TestFlagged:
    def test_doubts_no_plain_speech(self) -> None:
        assert flags(said("A rocket waits on the launch pad.")) == [()]

    @pytest.mark.parametrize(
        ("measures", "flag"),
        [
            ({"log_probability": -1.2}, "low_logprob"),
            ({"no_speech": 0.7}, "no_speech_likely"),
            ({"compression": 2.5}, "compression"),
        ],
    )
    def test_doubts_what_the_engine_doubts(self, measures: dict[str, float], flag: str) -> None:
        assert flags(said("Thank you.", **measures)) == [(flag,)]

    def test_doubts_only_the_cues_of_the_utterance(self) -> None:
        found = flags(said("One two three four five."), said("Thank you for it.", no_speech=0.9))

        assert found == [(), ("no_speech_likely",)]

    def test_doubts_words_that_were_guessed(self) -> None:
        assert flags(said("Some words here."), probability=0.2) == [("low_logprob",)]
        assert flags(said("Kowalczyk."), probability=0.2) == [()]

    @pytest.mark.parametrize(
        "text",
        [
            "you " * 6,
            "Thank you. " * 4,
            "I don't know. " * 3,
            "We went to the old house again. " * 3,
        ],
    )
    def test_doubts_a_phrase_said_over_and_over(self, text: str) -> None:
        assert {("repetition",)} == set(flags(said(text)))

    @pytest.mark.parametrize(
        "text",
        [
            "No, no, no, no!",
            "Very, very good, very, very nice.",
            "I came, I saw, I conquered.",
            "Bye bye. Bye bye. See you.",
        ],
    )
    def test_lets_people_stress_what_they_say(self, text: str) -> None:
        assert set(flags(said(text))) == {()}

    def test_sees_repetition_across_utterances(self) -> None:
        found = flags(*[said("Thanks for watching.")] * 3, said("It went on."))

        assert found[0] == ("repetition",)
        assert found[-1] == ()

    def test_doubts_what_nobody_can_say_so_fast(self) -> None:
        found = flags(said("Unbelievably extraordinary circumstances"), step_ms=100)

        assert found == [("too_fast",)]

    def test_lets_auctioneers_speak(self) -> None:
        assert flags(said("forty now fifty will you give me fifty"), step_ms=140) == [()]

    def test_doubts_words_where_no_voice_is(self) -> None:
        found = flags(said("Here somebody speaks. There nobody ever did."), speech_ms=(0, 1100))

        assert found == [(), ("outside_audio",)]

    def test_doubts_text_of_music(self) -> None:
        found = flags(said("Oh yeah, oh baby."), music_ms=((0, 5000),), probability=0.5)

        assert found == [("music",)]

    def test_believes_speech_over_music(self) -> None:
        found = flags(
            said("Oh yeah."), music_ms=((0, 5000),), spoken_ms=((0, 900),), probability=0.5
        )

        assert found == [()]

    def test_believes_clear_words_that_music_drowns(self) -> None:
        assert flags(said("A rocket waits."), music_ms=((0, 5000),)) == [()]

    def test_flags_pieces_of_words_longer_than_a_line(self) -> None:
        assert {("no_speech_likely",)} == set(flags(said("a" * 100, no_speech=0.9), step_ms=9000))


class TestWeight:
    def test_is_one_without_flags(self) -> None:
        assert trust.weight(()) == 1

    def test_lessens_with_each_flag(self) -> None:
        one, two = trust.weight(["music"]), trust.weight(["music", "repetition"])

        assert 0 < two < one < 1

    def test_takes_every_flag_there_is(self) -> None:
        assert all(0 < trust.weight([flag]) < 1 for flag in trust.FLAGS)
        assert trust.weight(Cue(0, 1, "", 1, ()).flags) == 1
