"""Which persons, animals and things are seen, when and where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue, coco
from pipeline.results import Coverage, Frames, Objects, Shots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.media.tracking import Look


@dataclass(frozen=True)
class FindObjects(Stage):
    """Look for things in every view, and follow them within each shot."""

    name: ClassVar[str] = "find_objects"
    version: ClassVar[int] = 2
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
    min_confidence: float = 0.45
    """Of a sighting that begins a track."""
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
        tracks = follow(
            list(self._looks(ctx)),
            cuts=[shot.start_ms for shot in shots.shots[1:]] if shots else [],
            end_ms=frames.end_ms,
            tracking=Tracking(
                sure=self.min_confidence,
                likely=self.min_likelihood,
                bridge_ms=self.bridge_ms,
                min_sure=self.min_sightings,
            ),
        )
        coverage = Coverage.over((view.at_ms for view in frames.views), frames.end_ms)
        return Objects(tracks, coverage, self.model)

    def _looks(self, ctx: Context) -> Iterator[Look]:
        """Yield what each view shows."""
        from pipeline.engines.yolox import Detector
        from pipeline.media.colours import histogram
        from pipeline.media.pictures import read_bgr

        views = ctx.get(Frames).views
        detector: Detector | None = None
        for done, view in enumerate(views, start=1):
            picture = read_bgr(ctx.path(Frames, view.file))
            detector = detector or Detector(
                catalogue.graph(self.model, ctx.models_dir),
                self.labels.split(",") if self.labels else coco.LABELS,
                sides=self.input_sides,
                picture=picture.shape[:2],
                threads=ctx.threads,
                device=ctx.device,
            )
            found = detector.find(picture, self.min_likelihood)
            yield view.at_ms, [replace(s, colours=histogram(picture, s.box)) for s in found]
            ctx.report(done / len(views))
