"""The only stage that decodes pictures; all others look at what it kept."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.errors import NotApplicable
from pipeline.results import Frames, Media


@dataclass(frozen=True)
class SampleFrames(Stage):
    """One pass: a tiny strip of every picture, grey thumbs, sampled JPEGs, poster and storyboard."""

    name: ClassVar[str] = "sample_frames"
    version: ClassVar[int] = 2
    produces: ClassVar[type] = Frames
    needs: ClassVar[tuple[type, ...]] = (Media,)
    preload: ClassVar[tuple[str, ...]] = ("pipeline.media.frames",)
    weight: ClassVar[float] = 6
    deadline_base_s: ClassVar[int] = 120
    deadline_per_media_s: ClassVar[float] = 5.0

    min_gap_ms: int = 500
    """Samples lie at least this far apart, half of it after a hard cut."""
    max_gap_ms: int = 4000
    """A picture that stands still is sampled again after this time."""
    max_samples: int = 7200
    """In longer media the gaps grow."""
    max_side: int = 1280
    """Longer side of the samples and the poster at most, pixels."""
    jpeg_quality: int = 85

    def run(self, ctx: Context) -> Frames:
        """Raises `NotApplicable` (`no_video`) or `StageError` (`no_decodable_picture`)."""
        media = ctx.get(Media)
        if media.video is None:
            raise NotApplicable("no_video", "The file has sound only.")
        from pipeline.media import frames

        return frames.read_frames(
            ctx.video.source,
            ctx.workdir,
            duration_ms=media.duration_ms,
            threads=ctx.threads,
            limits=ctx.limits,
            sampling=frames.Sampling(
                min_gap_ms=self.min_gap_ms,
                max_gap_ms=self.max_gap_ms,
                max_samples=self.max_samples,
                max_side=self.max_side,
                quality=self.jpeg_quality,
            ),
            report=ctx.report,
        )
