"""What is said and shown, as vectors by which search compares meanings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.errors import NotApplicable
from pipeline.results import (
    Chapters,
    Media,
    Objects,
    ScreenText,
    Sounds,
    TextVector,
    Transcript,
    Vectors,
)

_MODEL = "minilm"


@dataclass(frozen=True)
class EmbedPassages(Stage):
    """Embeds each text that search can find, equal ones once."""

    name: ClassVar[str] = "embed_passages"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Vectors
    needs: ClassVar[tuple[type, ...]] = (Media,)
    wants: ClassVar[tuple[type, ...]] = (Transcript, ScreenText, Chapters, Objects, Sounds)
    weight: ClassVar[float] = 0.3

    batch_size: int = 64
    """Texts between two reports of progress."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_MODEL,)

    def run(self, ctx: Context) -> Vectors:
        """Raises `ModelMissing` where the weights are absent or altered."""
        from pipeline.engines import minilm

        texts = list(dict.fromkeys(self._texts(ctx)))
        if not texts:
            raise NotApplicable("no_text", "Nothing is said or written in this video.")
        engine = minilm.load(catalogue.locate(_MODEL, ctx.models_dir), ctx.threads)
        found: list[TextVector] = []
        for first in range(0, len(texts), self.batch_size):
            batch = texts[first : first + self.batch_size]
            rows = engine.embed(batch).astype("<f2")
            found += [
                TextVector(text, row.tobytes()) for text, row in zip(batch, rows, strict=True)
            ]
            ctx.report(len(found) / len(texts))
        return Vectors(tuple(found), _MODEL)

    def _texts(self, ctx: Context) -> Iterator[str]:
        from pipeline.media import passages

        moments: list[passages.Moment] = []
        if transcript := ctx.find(Transcript):
            moments += passages.of_speech(transcript.cues)
        if written := ctx.find(ScreenText):
            moments += passages.of_texts(written)
        if chapters := ctx.find(Chapters):
            moments += passages.of_chapters(chapters)
        if things := ctx.find(Objects):
            moments += passages.of_objects(things)
        if sounds := ctx.find(Sounds):
            moments += passages.of_sounds(sounds)
        return (moment.text for moment in moments)
