"""What the shots look like, so that copies of them are found in other videos."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.results import Coverage, Frames, Shots, Signatures


@dataclass(frozen=True)
class SignShots(Stage):
    """Hashes a picture every 250 ms; one signature stands for a stretch that hardly changes."""

    name: ClassVar[str] = "sign_shots"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Signatures
    needs: ClassVar[tuple[type, ...]] = (Frames, Shots)
    preload: ClassVar[tuple[str, ...]] = ("pipeline.media.signing",)
    queue: ClassVar[str] = "io"
    weight: ClassVar[float] = 0.3
    deadline_base_s: ClassVar[int] = 60
    deadline_per_media_s: ClassVar[float] = 1.0

    min_quality: int = 20
    """PDQ's measure of how much there is to see, 0..100; pictures below have no signature."""
    drift: int = 24
    """Bits of 256 by which the pictures of one signature differ from its first at most."""

    max_signatures: int = 2000
    """Of one video: in long and busy ones the shortest stretches are joined."""

    def run(self, ctx: Context) -> Signatures:
        import numpy as np

        from pipeline.media import signing

        frames = ctx.get(Frames)
        times = np.load(ctx.path(Frames, frames.thumb_times))
        return Signatures(
            signing.sign(
                np.load(ctx.path(Frames, frames.thumbs), mmap_mode="r"),
                times,
                end_ms=frames.end_ms,
                cuts=[shot.start_ms for shot in ctx.get(Shots).shots[1:]],
                min_quality=self.min_quality,
                drift=self.drift,
                most=self.max_signatures,
                report=ctx.report,
            ),
            Coverage.over(times.tolist(), frames.end_ms),
        )
