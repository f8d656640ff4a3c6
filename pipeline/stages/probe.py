"""The first stage: what the uploaded file is."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.results import Media


@dataclass(frozen=True)
class Probe(Stage):
    """Reads headers and a few packets, and decodes one picture or a little sound."""

    name: ClassVar[str] = "probe"
    version: ClassVar[int] = 5
    produces: ClassVar[type] = Media
    preload: ClassVar[tuple[str, ...]] = ("pipeline.media.probe",)
    queue: ClassVar[str] = "io"
    weight: ClassVar[float] = 1
    deadline_base_s: ClassVar[int] = 60
    deadline_per_media_s: ClassVar[float] = 0

    def run(self, ctx: Context) -> Media:
        """Raises `StageError` as `pipeline.media.probe.probe` does."""
        from pipeline.media import probe

        return probe.probe(ctx.video.source, ctx.limits)
