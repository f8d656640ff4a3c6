"""Where the camera changes: cuts, dissolves and fades, from the strip alone."""

import shutil
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from pipeline.contract import Context, Stage
from pipeline.results import Frames, SampledFrame, Shot, Shots, Transition

if TYPE_CHECKING:
    import numpy as np

SETTLED_MS = 120
"""A shot's first pictures may be blurred or blended with the shot before."""


@dataclass(frozen=True)
class _Change:
    """From one shot to the next; for the tiling, the video's start and end are such, too."""

    at_ms: int
    from_ms: int
    """Before it, only the old shot is seen."""
    until_ms: int
    """From it on, only the new one."""
    transition: Transition | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class DetectShots(Stage):
    """Tiles the pictures with shots; a video whose camera never changes is one shot."""

    name: ClassVar[str] = "detect_shots"
    version: ClassVar[int] = 4
    produces: ClassVar[type] = Shots
    needs: ClassVar[tuple[type, ...]] = (Frames,)
    preload: ClassVar[tuple[str, ...]] = ("pipeline.engines.shots",)
    queue: ClassVar[str] = "io"
    weight: ClassVar[float] = 1
    deadline_base_s: ClassVar[int] = 60
    deadline_per_media_s: ClassVar[float] = 5.0  # slow motion has 240 pictures a second

    min_confidence: float = 0.5
    """Boundaries that are less probable are left out."""
    min_shot_ms: int = 600

    def run(self, ctx: Context) -> Shots:
        import numpy as np

        frames = ctx.get(Frames)
        times = np.load(ctx.path(Frames, frames.times))
        end = frames.end_ms
        changes = [_Change(0, 0, 0), *self._changes(ctx, times), _Change(end, end, end)]
        return Shots(
            tuple(_shot(ctx, i, old, new) for i, (old, new) in enumerate(pairwise(changes))),
            frames.coverage,
        )

    def _changes(self, ctx: Context, times: "np.ndarray[Any, np.dtype[np.int64]]") -> list[_Change]:
        import numpy as np

        from pipeline.engines import shots

        strip = np.load(ctx.path(Frames, ctx.get(Frames).strip), mmap_mode="r")
        found = shots.find_boundaries(
            strip,
            times,
            min_confidence=self.min_confidence,
            min_shot_ms=self.min_shot_ms,
            report=ctx.report,
        )
        return [
            _Change(
                int(times[b.index]),
                int(times[b.before + 1]),
                int(times[b.after]),
                b.transition,
                b.confidence,
            )
            for b in found
        ]


def _shot(ctx: Context, index: int, start: _Change, end: _Change) -> Shot:
    """Return the shot between two changes, its key frame copied into the work folder."""
    sample = keyframe(ctx.get(Frames).samples, start.at_ms, end.at_ms, start.until_ms, end.from_ms)
    name = f"shot-{index + 1:04d}.jpg"
    shutil.copyfile(ctx.path(Frames, sample.file), ctx.workdir / name)
    return Shot(
        index=index,
        start_ms=start.at_ms,
        end_ms=end.at_ms,
        keyframe_ms=sample.at_ms,
        keyframe=name,
        confidence=start.confidence,
        transition=start.transition,
        transition_ms=start.until_ms - start.from_ms,
    )


def keyframe(
    samples: tuple[SampledFrame, ...], start_ms: int, end_ms: int, clear_ms: int, until_ms: int
) -> SampledFrame:
    """Return the sample that stands for a shot: inside it, settled, nearest to a third in.

    `clear_ms` to `until_ms`: where neither the shot before nor the one after is seen. Where no
    sample lies there, one inside the shot stands for it, else the nearest.
    """
    third = clear_ms + (until_ms - clear_ms) // 3

    def fitness(sample: SampledFrame) -> tuple[bool, bool, bool, int]:
        inside = start_ms <= sample.at_ms < end_ms
        clear = clear_ms <= sample.at_ms < until_ms
        settled = sample.at_ms >= clear_ms + SETTLED_MS
        return (not inside, not clear, not settled, abs(sample.at_ms - third))

    return min(samples, key=fitness)
