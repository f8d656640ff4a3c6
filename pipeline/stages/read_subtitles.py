"""What a person has written down of what is said, in place of what a model hears."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import ATTACHED, Context, Stage
from pipeline.results import Media, Transcript

_UNKNOWN = "und"
"""ISO 639-2 for a language that nobody knows."""


@dataclass(frozen=True)
class ReadSubtitles(Stage):
    """Reads subtitles that were imported: a file, or a track of the video's own."""

    name: ClassVar[str] = "read_subtitles"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Transcript
    needs: ClassVar[tuple[type, ...]] = (Media,)
    queue: ClassVar[str] = "io"
    attached: ClassVar[bool] = True
    preload: ClassVar[tuple[str, ...]] = ("av", "charset_normalizer")
    weight: ClassVar[float] = 0.5

    checksum_sha256: str = ""
    """Of the file; empty: it is a track."""
    track: int | None = None
    """Index of the video's stream that holds it."""
    language: str = ""
    """ISO 639 code; empty: what it is written in is detected."""

    def run(self, ctx: Context) -> Transcript:
        from pipeline.media import subtitles, written_language

        if self.track is None:
            content = (ctx.workdir / ATTACHED).read_bytes()
            lines = subtitles.read_file(content, self.language)
        else:
            lines = subtitles.read_track(ctx.video.source, self.track, ctx.limits, ctx.report)
        cues = subtitles.cues(lines, ctx.get(Media).duration_ms)
        if self.language:
            return Transcript(self.language, None, cues, model="")
        text = "\n".join(cue.text for cue in cues)
        language, probability = written_language.detect(text) or (_UNKNOWN, None)
        return Transcript(language, probability, cues, model="")
