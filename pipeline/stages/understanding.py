"""What chapters, summary and keywords share: the transcript as sentences that can be compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.contract import Context
from pipeline.engines import catalogue
from pipeline.errors import NotApplicable
from pipeline.results import Transcript

if TYPE_CHECKING:
    from pipeline.media.phrases import Vectors, Weighed
    from pipeline.media.sentences import Sentence

MODEL = "minilm"
_ITS_LANGUAGE = "en"


@dataclass(frozen=True)
class Understood:
    language: str
    """The main one."""
    sentences: "Sequence[Sentence]"
    embed: "Callable[[Sequence[str]], Vectors] | None"
    """None where the model does not know the language: words alone are compared."""

    @property
    def model(self) -> str:
        """The model that compares texts; empty where words alone are compared."""
        return MODEL if self.embed else ""

    def vectors(self) -> "Vectors":
        """Return (n, d) float32, a row of length 1, or 0, for each sentence."""
        from pipeline.media import cohesion

        texts = [sentence.text for sentence in self.sentences]
        languages = [sentence.language for sentence in self.sentences]
        return self.embed(texts) if self.embed else cohesion.by_words(texts, languages)

    def weighed(self, first: int = 0, last: int | None = None) -> "list[Weighed]":
        """Return the sentences' texts with their weights and languages."""
        from pipeline.media.phrases import Weighed

        return [Weighed(one.text, one.weight, one.language) for one in self.sentences[first:last]]


def understand(ctx: Context) -> Understood:
    """Return what is said, ready to be compared.

    Raises `NotApplicable` where nothing is said, `ModelMissing` where the weights are wanted and
    absent or altered.
    """
    from pipeline.media import sentences

    transcript = ctx.get(Transcript)
    language = transcript.language
    found = sentences.cut(transcript.cues, language)
    if not found:
        raise NotApplicable("no_speech", "No words are spoken in this video.")
    return Understood(language, found, _embedding(ctx) if language == _ITS_LANGUAGE else None)


def _embedding(ctx: Context) -> "Callable[[Sequence[str]], Vectors]":
    from pipeline.engines import minilm

    engine = minilm.load(catalogue.locate(MODEL, ctx.models_dir), ctx.threads)
    return engine.embed
