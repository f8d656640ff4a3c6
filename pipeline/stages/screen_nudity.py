"""Where the pictures show nudity."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.results import Coverage, Frames, Nudity, NuditySpan, Shots

_MODEL = "open-nsfw"


@dataclass(frozen=True)
class ScreenNudity(Stage):
    """Scores every sample, and joins those that score high to spans."""

    name: ClassVar[str] = "screen_nudity"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Nudity
    needs: ClassVar[tuple[type, ...]] = (Frames,)
    wants: ClassVar[tuple[type, ...]] = (Shots,)
    weight: ClassVar[float] = 2

    enter: float = 0.7
    """A span has to reach this smoothed score, 0..1,"""
    leave: float = 0.4
    """and lasts as long as the score stays at this."""
    window_ms: int = 1000
    """Scores are averaged over this time, within their shot."""
    min_span_ms: int = 300
    batch_size: int = 8
    """Pictures scored at once."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_MODEL,)

    def run(self, ctx: Context) -> Nudity:
        """Raises `ModelMissing` where the weights are absent or altered."""
        from pipeline.media import screening

        frames, shots = ctx.get(Frames), ctx.find(Shots)
        starts = [shot.start_ms for shot in shots.shots] if shots else [0]
        scored = screening.by_shot(
            [sample.at_ms for sample in frames.samples],
            self._scores(ctx, frames),
            [*starts, frames.end_ms],
        )
        stretches = [
            stretch
            for pictures in scored
            for stretch in screening.above(
                screening.smoothed(pictures, self.window_ms), self.enter, self.leave
            )
        ]
        return Nudity(
            spans=tuple(
                NuditySpan(span.start_ms, span.end_ms, score=span.peak, confidence=span.mean)
                for span in screening.spans(stretches, self.min_span_ms)
            ),
            coverage=Coverage.over((s.at_ms for s in frames.samples), frames.end_ms),
            model=_MODEL,
        )

    def _scores(self, ctx: Context, frames: Frames) -> Iterator[float]:
        from pipeline.engines import nsfw
        from pipeline.media.pictures import read_bgr

        screen = nsfw.load(catalogue.locate(_MODEL, ctx.models_dir), ctx.threads, ctx.device)
        files = [ctx.path(Frames, sample.file) for sample in frames.samples]
        for first in range(0, len(files), self.batch_size):
            yield from screen.scores(
                [read_bgr(file) for file in files[first : first + self.batch_size]]
            )
            ctx.report(first / len(files))
