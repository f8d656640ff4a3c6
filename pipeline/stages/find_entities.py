"""Names that are said: of persons, places, organisations and the like."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.errors import NotApplicable
from pipeline.results import Entities, Transcript

_MODEL, _ITS_LANGUAGE = "en-core-web-sm", "en"


@dataclass(frozen=True)
class FindEntities(Stage):
    """Reads the transcript sentence by sentence, and places what it finds in the cues."""

    name: ClassVar[str] = "find_entities"
    version: ClassVar[int] = 2
    produces: ClassVar[type] = Entities
    needs: ClassVar[tuple[type, ...]] = (Transcript,)
    weight: ClassVar[float] = 0.2

    @property
    def models(self) -> tuple[str, ...]:
        return (_MODEL,)

    def run(self, ctx: Context) -> Entities:
        """Raises `NotApplicable` where no English is spoken, `ModelMissing` without the model."""
        from pipeline.engines import names
        from pipeline.media import mentions, sentences

        transcript = ctx.get(Transcript)
        said = [
            sentence
            for sentence in sentences.cut(transcript.cues, transcript.language)
            if sentence.language == _ITS_LANGUAGE
        ]
        if not said:
            message = "Names are found in English alone: no model of another language is here."
            raise NotApplicable("other_language", message)
        engine = names.load(catalogue.locate(_MODEL, ctx.models_dir))
        found = []
        for place, (sentence, spans) in enumerate(
            zip(said, engine.find([sentence.text for sentence in said]), strict=True)
        ):
            found += [
                mentions.mention(sentence, span.start, span.end, span.label)
                for span in spans
                if sentence.text[span.start : span.end].strip()
            ]
            ctx.report(place / len(said))
        return Entities(tuple(found), _MODEL)
