"""What a video speaks of, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.results import Chapter, Chapters, Media, ScreenText, Shots, Transcript
from pipeline.stages.understanding import MODEL, Understood, understand

if TYPE_CHECKING:
    from pipeline.media.cohesion import Stretch


@dataclass(frozen=True)
class SplitChapters(Stage):
    """Cuts what is said where the matter changes, and titles each part."""

    name: ClassVar[str] = "split_chapters"
    version: ClassVar[int] = 2
    produces: ClassVar[type] = Chapters
    needs: ClassVar[tuple[type, ...]] = (Media, Transcript)
    wants: ClassVar[tuple[type, ...]] = (Shots, ScreenText)
    weight: ClassVar[float] = 0.3

    turn: float = 1.2
    """What a chapter must explain by meaning: the more, the fewer."""
    turn_by_words: float = 1.0
    """The same where words alone are compared."""

    @property
    def models(self) -> tuple[str, ...]:
        return (MODEL,)

    def run(self, ctx: Context) -> Chapters:
        """Raises `NotApplicable` where nothing is said, `ModelMissing` without the weights."""
        from pipeline.media import chapters, cohesion

        said = understand(ctx)
        duration_ms = ctx.get(Media).duration_ms
        shots = ctx.find(Shots)
        cuts_ms = [shot.start_ms for shot in shots.shots[1:]] if shots else []
        turn = self.turn if said.embed else self.turn_by_words
        stretches = cohesion.split(
            said.vectors(),
            [sentence.start_ms for sentence in said.sentences],
            chapters.costs(said.sentences, cuts_ms, turn),
            duration_ms,
            chapters.least_ms(duration_ms),
        )
        ctx.report(0.7)
        starts = [0]
        for stretch in stretches[1:]:
            before, after = said.sentences[stretch.first - 1], said.sentences[stretch.first]
            starts.append(chapters.start_ms(before, after, cuts_ms))
        spans = list(pairwise([*starts, max(duration_ms, starts[-1] + 1)]))
        titles = self._titles(ctx, said, stretches, spans)
        found = zip(spans, stretches, titles, strict=True)
        return Chapters(
            tuple(_chapter(said, span, stretch, title) for span, stretch, title in found),
            said.language,
            said.model,
        )

    def _titles(
        self,
        ctx: Context,
        said: Understood,
        stretches: "Sequence[Stretch]",
        spans: Sequence[tuple[int, int]],
    ) -> list[str]:
        from pipeline.media import chapters, keywords

        screen = ctx.find(ScreenText)
        texts = screen.spans if screen else ()
        spoken = keywords.titles(
            [said.weighed(stretch.first, stretch.last) for stretch in stretches], said.embed
        )
        return [
            chapters.screen_title(span, texts, spans[-1][1]) or words or f"Chapter {number}"
            for number, (span, words) in enumerate(zip(spans, spoken, strict=True), start=1)
        ]


def _chapter(said: Understood, span: tuple[int, int], stretch: "Stretch", title: str) -> Chapter:
    from pipeline.engines import vader

    english = [
        (text, weight)
        for text, weight, language in said.weighed(stretch.first, stretch.last)
        if language == "en"
    ]
    return Chapter(
        start_ms=span[0],
        end_ms=span[1],
        title=title,
        sentiment=vader.sentiment(english),
        confidence=stretch.confidence,
        said_ms=said.sentences[stretch.first].start_ms,
    )
