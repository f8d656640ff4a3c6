"""What a video is about, in its own words."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.results import Keywords, ScreenText, Transcript
from pipeline.stages.understanding import MODEL, understand


@dataclass(frozen=True)
class FindKeywords(Stage):
    """Weighs the phrases that are said, and those that stand on the screen."""

    name: ClassVar[str] = "find_keywords"
    version: ClassVar[int] = 2
    produces: ClassVar[type] = Keywords
    needs: ClassVar[tuple[type, ...]] = (Transcript,)
    wants: ClassVar[tuple[type, ...]] = (ScreenText,)
    weight: ClassVar[float] = 0.2

    most: int = 12
    screen_weight: float = 0.5
    """What a text on the screen counts for beside a sentence that is said."""

    @property
    def models(self) -> tuple[str, ...]:
        return (MODEL,)

    def run(self, ctx: Context) -> Keywords:
        """Raises `NotApplicable` where nothing is said, `ModelMissing` without the weights."""
        from pipeline.media import keywords
        from pipeline.media.phrases import Weighed

        said = understand(ctx)
        screen = ctx.find(ScreenText)
        # The same text counts once, however often it is shown: a logo is no keyword.
        shown = {text.text.casefold(): text for text in screen.spans} if screen else {}
        texts = [
            *said.weighed(),
            *(
                Weighed(text.text, self.screen_weight * text.confidence, said.language)
                for text in shown.values()
            ),
        ]
        return Keywords(keywords.keywords(texts, said.embed, self.most), said.model)
