"""Which persons, animals and things are seen, when and where."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue, coco
from pipeline.results import Coverage, Frames, Objects, Shots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.media.tracking import Look
    from pipeline.results import SampledFrame

_SAME_MOMENT_MS = 80
"""So much later a sample may show the moment of a view: half of the gap between two views."""


@dataclass(frozen=True)
class FindObjects(Stage):
    """Look for things in every view, and follow them within each shot."""

    name: ClassVar[str] = "find_objects"
    version: ClassVar[int] = 3
    produces: ClassVar[type] = Objects
    needs: ClassVar[tuple[type, ...]] = (Frames,)
    wants: ClassVar[tuple[type, ...]] = (Shots,)
    weight: ClassVar[float] = 6.0

    model: str = "yolox-nano"
    labels: str = ""
    """What the model tells apart, by comma, in the order of its numbers; empty: COCO's 80."""
    input_sides: tuple[int, ...] = (640, 320)
    """Each view is looked at with its longer side at so many pixels: large for what is small in it,
    small for what fills it."""
    close_side: int = 1280
    """Where a sample shows the same moment, it is looked at in the view's stead, with its longer
    side at so many pixels too, at most its own: for what is too small in the view."""
    min_confidence: float = 0.45
    """Of a sighting that begins a track."""
    min_close_confidence: float = 0.6
    """Of anything seen by that close look alone: it has four times the places to be wrong in."""
    min_likelihood: float = 0.2
    """Of a sighting that prolongs one."""
    min_sightings: int = 3
    """With that confidence: fewer are no track, where there were more views to see it in."""
    bridge_ms: int = 1500
    """Something out of sight for longer is taken for another thing."""

    @property
    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def run(self, ctx: Context) -> Objects:
        """Raises `StageError` (`unfit_model`), `ModelMissing` where weights are absent or altered."""
        from pipeline.media.tracking import Tracking, follow

        frames, shots = ctx.get(Frames), ctx.find(Shots)
        looks = list(self._looks(ctx))
        tracks = follow(
            looks,
            cuts=[shot.start_ms for shot in shots.shots[1:]] if shots else [],
            end_ms=frames.end_ms,
            tracking=Tracking(
                sure=self.min_confidence,
                likely=self.min_likelihood,
                bridge_ms=self.bridge_ms,
                min_sure=self.min_sightings,
            ),
        )
        coverage = Coverage.over((at_ms for at_ms, _ in looks), frames.end_ms)
        return Objects(tracks, coverage, self.model)

    def _looks(self, ctx: Context) -> Iterator[Look]:
        """Yield what each view shows, or the sample of its moment."""
        from pipeline.engines.yolox import Detector
        from pipeline.media.colours import histogram
        from pipeline.media.pictures import read_bgr

        frames = ctx.get(Frames)
        detector = Detector(
            catalogue.graph(self.model, ctx.models_dir),
            self.labels.split(",") if self.labels else coco.LABELS,
            sides=self.input_sides,
            close_side=min(self.close_side, max(frames.width, frames.height)),
            picture=(frames.height, frames.width),
            threads=ctx.threads,
            device=ctx.device,
        )
        for done, (view, sample) in enumerate(_moments(frames), start=1):
            picture = read_bgr(ctx.path(Frames, (sample or view).file))
            close = self.min_close_confidence if sample else None
            found = detector.find(picture, self.min_likelihood, close)
            seen = [replace(s, colours=histogram(picture, s.box)) for s in found]
            yield (sample or view).at_ms, seen
            ctx.report(done / len(frames.views))


def _moments(frames: Frames) -> Iterator[tuple[SampledFrame, SampledFrame | None]]:
    """Yield the views, each with the sample that shows the same moment, where there is one.

    Never an earlier one: the view may be the first of its shot.
    """
    times = [sample.at_ms for sample in frames.samples]
    nexts = [*(view.at_ms for view in frames.views[1:]), frames.end_ms]
    for view, next_ms in zip(frames.views, nexts, strict=True):
        first = bisect_left(times, view.at_ms)
        until_ms = min(view.at_ms + _SAME_MOMENT_MS + 1, next_ms)
        same = first < len(times) and times[first] < until_ms
        yield view, frames.samples[first] if same else None
