"""Who hears what: languages told apart, dubious text heard again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from pipeline.engines.chunks import Chunk
from pipeline.engines.listening import Listener
from pipeline.engines.smoothing import smoothed
from pipeline.engines.telling import Odds
from pipeline.engines.whisper import Take, Whisper
from pipeline.results import Utterance, Word

SECOND = 16_000
WHOLE = Chunk(tuple((i * 4 * SECOND, (i * 4 + 4) * SECOND) for i in range(6)))
"""24 s of speech: pieces of four seconds."""

Told = Sequence[tuple[str, float]]
"""The likeliest language of each piece."""


class Engine:
    """Says the name of its model, and the language that it was told; notes each that it is asked."""

    def __init__(
        self,
        name: str = "base",
        *,
        whole: str = "en",
        pieces: Told = (("en", 0.99),) * 6,
        leaves_out: bool = False,
        is_foreign: bool = False,
        log_probability: float = -0.2,
    ) -> None:
        self.name = name
        self.whole, self.told = whole, tuple({language: odds} for language, odds in pieces)
        self.leaves_out, self.is_foreign = leaves_out, is_foreign
        self.log_probability = log_probability
        self.asked: list[str] = []

    def hear(
        self,
        samples: Any,
        chunks: list[Chunk],
        *,
        language: str,
        may_differ: bool = False,
        **_: Any,
    ) -> list[Take]:
        self.asked.append(language)
        if not may_differ:
            return [Take(self._said(chunk, language), (), False, False) for chunk in chunks]
        told = self.told if self.name == "base" else ()
        return [
            Take(self._said(chunk, self.whole), told, self.leaves_out, self.is_foreign)
            for chunk in chunks
        ]

    def hear_again(self, samples: Any, chunk: Chunk, *, language: str, **_: Any) -> list[Utterance]:
        return [replace(self._said(chunk, f"{language} again"), log_probability=-0.1)]

    def tell(self, samples: Any, chunk: Chunk) -> Sequence[Odds]:
        return self.told

    def _said(self, chunk: Chunk, language: str) -> Utterance:
        word = Word(chunk.start_ms, chunk.start_ms + 500, self.name, 0.9)
        return Utterance((word,), language, self.log_probability, 0.0, 1.0)


def listen(
    engine: Engine, *, polyglot: Engine | None, language: str = "en"
) -> list[tuple[int, str, str]]:
    """Return when which model heard what language."""
    listener = Listener(
        np.zeros(0, np.int16),
        cast("Whisper", engine),
        language,
        (lambda: cast("Whisper", polyglot)) if polyglot else None,
        beam_size=5,
    )
    heard = listener.transcribe([WHOLE], batch_size=8, report=lambda _: None)
    return [(u.words[0].start_ms, u.words[0].text, u.language) for u in heard]


class TestListener:
    def test_believes_a_model_that_is_sure(self) -> None:
        engine = Engine(whole="de", pieces=[("de", 0.98)] * 6)

        assert listen(engine, polyglot=engine) == [(0, "base", "de")]

    def test_asks_for_no_language_where_it_was_given(self) -> None:
        engine = Engine(whole="de", pieces=[("de", 0.98)] * 6)

        assert listen(engine, polyglot=None) == [(0, "base", "en")]

    def test_parts_languages_that_share_a_chunk(self) -> None:
        engine = Engine(whole="de", pieces=[("en", 0.99)] * 2 + [("de", 0.99)] * 4)

        assert listen(engine, polyglot=engine) == [(0, "base", "en"), (8000, "base", "de")]

    def test_hears_a_chunk_again_that_was_taken_for_another_language(self) -> None:
        engine = Engine(whole="nn", pieces=[("en", 0.9)] * 6)

        assert listen(engine, polyglot=engine) == [(0, "base", "en")]

    def test_lets_no_unclear_piece_change_the_language(self) -> None:
        engine = Engine(whole="nn", pieces=[("nn", 0.4)] * 6)

        assert listen(engine, polyglot=engine) == [(0, "base", "en")]

    def test_gives_another_language_to_the_model_that_knows_it(self) -> None:
        english = Engine("tiny.en", is_foreign=True)
        base = Engine("base", pieces=[("en", 0.99)] * 3 + [("de", 0.99)] * 3)

        assert listen(english, polyglot=base) == [(0, "tiny.en", "en"), (12_000, "base", "de")]

    def test_asks_for_the_language_where_an_english_model_leaves_out_speech(self) -> None:
        english = Engine("tiny.en", leaves_out=True)
        base = Engine("base", pieces=[("en", 0.99)] * 4 + [("fr", 0.9)] * 2)

        assert listen(english, polyglot=base) == [(0, "tiny.en", "en"), (16_000, "base", "fr")]

    def test_hears_words_again_that_were_split_as_another_language_is(self) -> None:
        engine = Engine(whole="ja", pieces=[("ja", 0.99)] * 6, is_foreign=True)

        assert listen(engine, polyglot=engine) == [(0, "base", "ja")]
        assert engine.asked == ["en", "ja"]

    def test_hears_a_guess_again(self) -> None:
        engine = Engine(log_probability=-1.5)

        assert listen(engine, polyglot=engine) == [(0, "base", "en again")]


class TestSmoothed:
    def test_changes_once_where_languages_take_turns(self) -> None:
        told = [{"en": 0.99}] * 3 + [{"de": 0.99}] * 3

        assert smoothed(told, "fr") == ["en"] * 3 + ["de"] * 3

    def test_lets_a_first_language_be_short(self) -> None:
        told = [{"de": 0.97}, {"de": 0.6, "en": 0.3}] + [{"en": 0.99}] * 8

        assert smoothed(told, "en") == ["de", "de"] + ["en"] * 8

    @pytest.mark.parametrize(
        ("odds", "spoken"),
        [({"cy": 0.5, "en": 0.2}, "en"), ({"de": 0.85, "en": 0.1}, "en"), ({"de": 0.99}, "de")],
        ids=["unlikely", "unclear", "clear"],
    )
    def test_hears_one_piece_of_another_language_if_it_is_clear(
        self, odds: dict[str, float], spoken: str
    ) -> None:
        told = [{"en": 0.98}] * 4 + [odds] + [{"en": 0.98}] * 4

        assert smoothed(told, "en") == ["en"] * 4 + [spoken] + ["en"] * 4

    def test_takes_the_main_language_where_nothing_is_clear(self) -> None:
        assert smoothed([{"nn": 0.5}, {"cy": 0.3}], "en") == ["en", "en"]
