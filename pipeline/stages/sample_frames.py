"""The only stage that decodes pictures; all others look at what it kept."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.errors import NotApplicable
from pipeline.results import Frames, Media

_CHANGED = 6.0
"""Change of a spot of the strip, 0..255, that a faint line of text makes, or a small thing that
moves a little; noise and compression stay below."""


@dataclass(frozen=True)
class SampleFrames(Stage):
    """One pass: a tiny strip of every picture, thumbs, samples, views, poster and storyboard."""

    name: ClassVar[str] = "sample_frames"
    version: ClassVar[int] = 7
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
    view_gap_ms: int = 160
    """Views lie at least this far apart; of a picture that stands still there is only one."""
    max_views: int = 21_600
    """In longer media the gaps grow."""
    view_side: int = 640
    """Longer side of the views at most, pixels."""
    jpeg_quality: int = 85

    def run(self, ctx: Context) -> Frames:
        """Raises `NotApplicable` (`no_video`) or `StageError` (`no_decodable_picture`)."""
        media = ctx.get(Media)
        if media.video is None:
            raise NotApplicable("no_video", "The file has sound only.")
        from pipeline.media import frames
        from pipeline.media.sampling import Sampling

        return frames.read_frames(
            ctx.video.source,
            ctx.workdir,
            duration_ms=media.duration_ms,
            threads=ctx.threads,
            limits=ctx.limits,
            samples=Sampling(
                min_gap_ms=self.min_gap_ms,
                max_gap_ms=self.max_gap_ms,
                changed=_CHANGED,
                most=self.max_samples,
                max_side=self.max_side,
                quality=self.jpeg_quality,
            ),
            views=Sampling(
                min_gap_ms=self.view_gap_ms,
                max_gap_ms=None,
                changed=_CHANGED,
                most=self.max_views,
                max_side=self.view_side,
                quality=self.jpeg_quality,
            ),
            report=ctx.report,
        )
