"""A video's words in a few of its own sentences."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.errors import NotApplicable
from pipeline.results import Chapters, Media, Summary, SummarySentence, Transcript
from pipeline.stages.understanding import MODEL, understand


@dataclass(frozen=True)
class Summarise(Stage):
    """Picks the sentences that stand for the others, from every chapter."""

    name: ClassVar[str] = "summarise"
    version: ClassVar[int] = 2
    produces: ClassVar[type] = Summary
    needs: ClassVar[tuple[type, ...]] = (Media, Transcript)
    wants: ClassVar[tuple[type, ...]] = (Chapters,)
    weight: ClassVar[float] = 0.2

    @property
    def models(self) -> tuple[str, ...]:
        return (MODEL,)

    def run(self, ctx: Context) -> Summary:
        """Raises `NotApplicable` where nothing is said, `ModelMissing` without the weights."""
        from pipeline.media import summaries

        said = understand(ctx)
        chapters = ctx.find(Chapters)
        begun_ms = {chapter.said_ms for chapter in chapters.chapters[1:]} if chapters else set()
        starts = [0] + [
            place for place, one in enumerate(said.sentences) if place and one.start_ms in begun_ms
        ]
        most = summaries.length(len(said.sentences), ctx.get(Media).duration_ms)
        chosen = summaries.choose(said.sentences, said.vectors(), starts, most)
        if not chosen:
            raise NotApplicable("no_speech", "What is heard in this video makes no sentence.")
        return Summary(
            tuple(
                SummarySentence(one.start_ms, one.end_ms, one.text, confidence)
                for one, confidence in ((said.sentences[place], c) for place, c in chosen)
            ),
            said.language,
            said.model,
        )
