"""Where the camera changes: hard cuts, from the strip alone."""

import shutil
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.results import Frames, SampledFrame, Shot, Shots

SETTLED_MS = 120
"""A shot's first pictures may be blurred or blended with the shot before."""


@dataclass(frozen=True)
class DetectShots(Stage):
    """Tiles the pictures with shots; a video without a cut is one shot."""

    name: ClassVar[str] = "detect_shots"
    version: ClassVar[int] = 2
    produces: ClassVar[type] = Shots
    needs: ClassVar[tuple[type, ...]] = (Frames,)
    preload: ClassVar[tuple[str, ...]] = ("pipeline.engines.shots", "scenedetect.detectors")
    queue: ClassVar[str] = "io"
    weight: ClassVar[float] = 1
    deadline_base_s: ClassVar[int] = 60
    deadline_per_media_s: ClassVar[float] = 1.0

    threshold: float = 2.5
    """How many times a cut must change the picture more than its neighbours do."""
    min_change: float = 10.0
    """Mean change of hue, saturation and value at a cut at least, 0..255."""
    min_shot_ms: int = 600

    def run(self, ctx: Context) -> Shots:
        import numpy as np

        from pipeline.engines import shots

        frames = ctx.get(Frames)
        strip = np.load(ctx.path(Frames, frames.strip), mmap_mode="r")
        times = np.load(ctx.path(Frames, frames.times))
        cuts = shots.find_cuts(
            strip,
            times,
            threshold=self.threshold,
            min_change=self.min_change,
            min_shot_ms=self.min_shot_ms,
            report=ctx.report,
        )
        bounds = [0, *(int(times[cut.index]) for cut in cuts), frames.end_ms]
        confidences = [None, *(cut.confidence for cut in cuts)]
        return Shots(
            tuple(
                self._shot(ctx, frames, index, span, confidence)
                for index, (span, confidence) in enumerate(
                    zip(pairwise(bounds), confidences, strict=True)
                )
            )
        )

    def _shot(
        self,
        ctx: Context,
        frames: Frames,
        index: int,
        span: tuple[int, int],
        confidence: float | None,
    ) -> Shot:
        sample = keyframe(frames.samples, *span)
        name = f"shot-{index + 1:04d}.jpg"
        shutil.copyfile(ctx.path(Frames, sample.file), ctx.workdir / name)
        return Shot(
            index=index,
            start_ms=span[0],
            end_ms=span[1],
            keyframe_ms=sample.at_ms,
            keyframe=name,
            confidence=confidence,
        )


def keyframe(samples: tuple[SampledFrame, ...], start_ms: int, end_ms: int) -> SampledFrame:
    """Return the sample that stands for a shot: inside it, settled, nearest to a third in.

    Where the shot holds none, the nearest one does.
    """
    third = start_ms + (end_ms - start_ms) // 3

    def fitness(sample: SampledFrame) -> tuple[bool, bool, int]:
        inside = start_ms <= sample.at_ms < end_ms
        settled = sample.at_ms >= start_ms + SETTLED_MS
        return (not inside, not settled, abs(sample.at_ms - third))

    return min(samples, key=fitness)
