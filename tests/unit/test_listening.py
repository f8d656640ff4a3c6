"""Who hears what: languages told apart, dubious text heard again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.engines.chunks import Chunk
from pipeline.engines.listening import Listener
from pipeline.engines.whisper import Take
from pipeline.results import Utterance, Word

SECOND = 16_000
WHOLE = Chunk(tuple((i * 4 * SECOND, (i * 4 + 4) * SECOND) for i in range(6)))
"""24 s of speech: pieces of four seconds."""


class Engine:
    """Says the name of its model, and the language that it was told."""

    def __init__(
        self,
        name: str = "base",
        *,
        whole: tuple[str, float] = ("en", 0.99),
        pieces: Sequence[tuple[str, float]] = (),
        leaves_out: bool = False,
        log_probability: float = -0.2,
    ) -> None:
        self.name = name
        self.whole, self.pieces = whole, list(pieces)
        self.leaves_out, self.log_probability = leaves_out, log_probability
        self.heard: list[tuple[str, int, int]] = []

    def hear(
        self,
        samples: Any,
        chunks: list[Chunk],
        *,
        language: str,
        may_differ: bool = False,
        **_: Any,
    ) -> list[Take]:
        spoken, certainty = self.whole if may_differ else (language, 1.0)
        return [
            Take(self._said(chunk, spoken), certainty, may_differ and self.leaves_out)
            for chunk in chunks
        ]

    def hear_again(self, samples: Any, chunk: Chunk, *, language: str, **_: Any) -> list[Utterance]:
        return [replace(self._said(chunk, f"{language} again"), log_probability=-0.1)]

    def detect_language(self, samples: Any, chunks: list[Chunk]) -> tuple[str, float]:
        return self.pieces.pop(0)

    def _said(self, chunk: Chunk, language: str) -> Utterance:
        word = Word(chunk.start_ms, chunk.start_ms + 500, self.name, 0.9)
        return Utterance((word,), language, self.log_probability, 0.0, 1.0)


def listen(
    engine: Engine, *, polyglot: Engine | None, language: str = "en"
) -> list[tuple[int, str, str]]:
    """Return when which model heard what language."""
    listener = Listener(
        np.zeros(0, np.int16),
        engine,  # type: ignore[arg-type]  # as far as it is asked
        language,
        (lambda: polyglot) if polyglot else None,  # type: ignore[arg-type,return-value]  # as above
        beam_size=5,
    )
    heard = listener.transcribe([WHOLE], batch_size=8, report=lambda _: None)
    return [(u.words[0].start_ms, u.words[0].text, u.language) for u in heard]


class TestListener:
    def test_believes_a_model_that_is_sure(self) -> None:
        engine = Engine(whole=("de", 0.98))

        assert listen(engine, polyglot=engine) == [(0, "base", "de")]

    def test_asks_for_no_language_where_it_was_given(self) -> None:
        assert listen(Engine(whole=("de", 0.5)), polyglot=None) == [(0, "base", "en")]

    def test_parts_languages_that_share_a_chunk(self) -> None:
        engine = Engine(whole=("de", 0.9), pieces=[("en", 0.99)] * 2 + [("de", 0.99)] * 4)

        assert listen(engine, polyglot=engine) == [(0, "base", "en"), (8000, "base", "de")]

    def test_parts_languages_where_speech_was_left_out(self) -> None:
        engine = Engine(leaves_out=True, pieces=[("en", 0.99)] * 4 + [("fr", 0.9)] * 2)

        assert listen(engine, polyglot=engine) == [(0, "base", "en"), (16_000, "base", "fr")]

    def test_lets_no_unclear_piece_change_the_language(self) -> None:
        engine = Engine(whole=("nn", 0.3), pieces=[("nn", 0.4)] * 6)

        assert listen(engine, polyglot=engine) == [(0, "base", "en")]

    def test_gives_another_language_to_the_model_that_knows_it(self) -> None:
        english = Engine("tiny.en", whole=("en", 0.0))
        base = Engine("base", pieces=[("en", 0.99)] * 3 + [("de", 0.99)] * 3)

        assert listen(english, polyglot=base) == [(0, "tiny.en", "en"), (12_000, "base", "de")]

    def test_hears_a_guess_again(self) -> None:
        engine = Engine(log_probability=-1.5)

        assert listen(engine, polyglot=engine) == [(0, "base", "en again")]
