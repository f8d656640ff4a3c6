"""Hears speech chunk by chunk: what is dubious a second time, each language as itself.

The sound is read from a memory-mapped file and heard batch by batch, so memory does not grow with
the duration.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from pipeline.engines.chunks import Chunk
from pipeline.engines.smoothing import smoothed
from pipeline.engines.telling import Odds
from pipeline.engines.vad import Samples
from pipeline.engines.whisper import Take, Whisper
from pipeline.results import Utterance

_AT_FIRST = 0.8
"""How much of a batch's work is hearing it for the first time; few are heard again."""


@dataclass(frozen=True)
class Listener:
    """Listens to `samples`, (n,) int16, mono, 16 kHz."""

    samples: Samples
    engine: Whisper
    language: str
    """What is spoken, mainly."""
    polyglot: Callable[[], Whisper] | None
    """Loads the model that tells other languages and hears them; None: there are none."""
    beam_size: int
    hotwords: str | None = None
    """Names and terms to expect, as one text."""

    def transcribe(
        self, chunks: Sequence[Chunk], *, batch_size: int, report: Callable[[float], None]
    ) -> Iterator[Utterance]:
        """Yield what is said, in order, with times in ms of the samples.

        Speech is heard in batches as the utterances are asked for.
        """
        for first in range(0, len(chunks), batch_size):
            batch = chunks[first : first + batch_size]
            yield from self._heard(batch, _share(report, first, len(batch), len(chunks)))

    def _heard(
        self, batch: Sequence[Chunk], report: Callable[[float], None]
    ) -> Iterator[Utterance]:
        takes = self.engine.hear(
            self.samples,
            batch,
            language=self.language,
            may_differ=self.polyglot is not None,
            hotwords=self.hotwords,
            beam_size=self.beam_size,
            report=lambda done: report(_AT_FIRST * done),
        )
        for done, one in enumerate(zip(batch, takes, self._told(batch, takes), strict=True), 1):
            yield from (utterance for utterance in self._settled(*one) if utterance.words)
            report(_AT_FIRST + (1 - _AT_FIRST) * done / len(batch))

    def _told(
        self, batch: Sequence[Chunk], takes: Sequence[Take]
    ) -> Iterator[list[tuple[Chunk, str]]]:
        """Yield the pieces of each chunk with their languages: who speaks on speaks on the same."""
        if self.polyglot is None:
            yield from ([(chunk, self.language)] for chunk in batch)
            return
        odds = [self._odds(chunk, take) for chunk, take in zip(batch, takes, strict=True)]
        spoken = iter(smoothed([piece for pieces in odds for piece in pieces], self.language))
        for chunk in batch:
            yield [(piece, next(spoken)) for piece in chunk.pieces()]

    def _odds(self, chunk: Chunk, take: Take) -> Sequence[Odds]:
        """Return the odds of a chunk's pieces. A model of one language is believed, or not."""
        if take.told:
            return take.told
        if self.polyglot and (take.is_foreign or take.leaves_out_speech):
            return self.polyglot().tell(self.samples, chunk)
        return [{self.language: 1.0}] * len(chunk.pieces())

    def _settled(
        self, chunk: Chunk, take: Take, told: Sequence[tuple[Chunk, str]]
    ) -> Iterator[Utterance]:
        """Yield what a chunk says, each of its languages heard by itself."""
        heard = take.utterance.language
        as_told = all(language == heard for _, language in told)
        if as_told and not (take.is_foreign and heard != self.language):
            yield from self._believed(self.engine, chunk, take)
            return
        for language, pieces in groupby(told, key=itemgetter(1)):
            stretch = Chunk(tuple(span for piece, _ in pieces for span in piece.spans))
            polyglot = self.polyglot if language != self.language else None
            engine = polyglot() if polyglot else self.engine
            (again,) = engine.hear(
                self.samples,
                [stretch],
                language=language,
                hotwords=self.hotwords,
                beam_size=self.beam_size,
            )
            yield from self._believed(engine, stretch, again)

    def _believed(self, engine: Whisper, chunk: Chunk, take: Take) -> list[Utterance]:
        """Return the take, or what is heard instead where the engine's measures speak against it.

        The batched pipeline ignores them. Where the engine then hears nothing, the take stays.
        """
        first = take.utterance
        if not (doubtful(first) or take.leaves_out_speech):
            return [first]
        again = engine.hear_again(
            self.samples, chunk, language=first.language, hotwords=self.hotwords
        )
        return again or [first]


def doubtful(utterance: Utterance) -> bool:
    """Tell whether it is a guess, or text that repeats itself."""
    return utterance.is_improbable or utterance.repeats_itself


def _share(
    report: Callable[[float], None], first: int, count: int, of: int
) -> Callable[[float], None]:
    """Return what tells the progress of `count` chunks from the one at `first` on, of all `of`."""
    return lambda done: report((first + done * count) / of)
