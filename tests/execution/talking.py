"""Stages that find what somebody says, without a video to find it in."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.results import Chapter, Chapters, Cue, Media, Transcript

SAID = (
    "The river rises in the hills behind the old mill.",
    "Salmon swim against its current every autumn.",
    "A flood destroyed the wooden bridge in 1952.",
    "Engineers replaced it by an arch of stone.",
)


@dataclass(frozen=True)
class Look(Stage):
    name: ClassVar[str] = "probe"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Media

    def run(self, ctx: Context) -> Media:
        return Media(100_000, "mov", 800_000, 0, None, ())


@dataclass(frozen=True)
class Listen(Stage):
    name: ClassVar[str] = "transcribe"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Transcript
    needs: ClassVar[tuple[type, ...]] = (Media,)

    take: int = 1

    def run(self, ctx: Context) -> Transcript:
        cues = (Cue(at * 25_000, at * 25_000 + 4000, text, 0.9, ()) for at, text in enumerate(SAID))
        return Transcript("en", 1.0, tuple(cues), "ears")


@dataclass(frozen=True)
class Divide(Stage):
    name: ClassVar[str] = "split_chapters"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Chapters
    needs: ClassVar[tuple[type, ...]] = (Transcript,)

    def run(self, ctx: Context) -> Chapters:
        halves = (Chapter(at, at + 50_000, "As it was said", None, None, at) for at in (0, 50_000))
        return Chapters(tuple(halves), "en", "")
