"""A copy to be passed on, in which faces cannot be recognised and chosen words not heard."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pipeline.contract import Context, Stage
from pipeline.engines import catalogue
from pipeline.results import Media, Redacted

if TYPE_CHECKING:
    from pipeline.media.trails import Trail

_MODEL = "centerface"


@dataclass(frozen=True)
class Redact(Stage):
    """Looks for faces in the original, then writes it anew, without them."""

    name: ClassVar[str] = "redact"
    version: ClassVar[int] = 4
    produces: ClassVar[type] = Redacted
    needs: ClassVar[tuple[type, ...]] = (Media,)
    forked: ClassVar[bool] = True
    preload: ClassVar[tuple[str, ...]] = ("pipeline.media.redact",)
    weight: ClassVar[float] = 20
    deadline_base_s: ClassVar[int] = 180
    deadline_per_media_s: ClassVar[float] = 30.0

    faces: bool = True
    """Whether faces are blurred."""
    mute_ms: tuple[tuple[int, int], ...] = ()
    """Starts and ends of what is not to be heard, ms of the timeline, in any order."""
    beep: bool = False
    """Whether a tone is heard there, instead of nothing."""
    detect_side: int = 1280
    """Longer side of the pictures that faces are looked for in, pixels."""
    detect_every_ms: int = 100
    """And no later than in every third picture, however fast they come."""
    min_confidence: float = 0.3
    """The detector's, 0..1; low: what is no face is blurred rather than a face shown."""
    quality: int = 20
    """x264's constant rate factor: lower is better and larger."""

    @property
    def models(self) -> tuple[str, ...]:
        return (_MODEL,) if self.faces else ()

    def run(self, ctx: Context) -> Redacted:
        """Raises `ModelMissing`, `StageError` (`no_decodable_picture`, `corrupt_media`)."""
        from pipeline.media.redact import write_redacted

        media = ctx.get(Media)
        redacted = (
            Redacted("redacted.mp4") if media.video else Redacted("redacted.m4a", "audio/mp4")
        )
        searches = self.faces and media.video is not None
        begin = 0.5 if searches else 0.0
        write_redacted(
            ctx.video.source,
            ctx.workdir / redacted.file,
            media=media,
            trails=self._trails(ctx, media) if searches else [],
            mute_ms=self.mute_ms,
            beep=self.beep,
            quality=self.quality,
            threads=ctx.threads,
            limits=ctx.limits,
            report=lambda done: ctx.report(begin + (1 - begin) * done),
        )
        return redacted

    def _trails(self, ctx: Context, media: Media) -> "list[Trail]":
        from pipeline.engines import centerface
        from pipeline.media.redact import find_trails

        detector = centerface.load(catalogue.locate(_MODEL, ctx.models_dir), ctx.threads)
        return find_trails(
            ctx.video.source,
            media=media,
            find=lambda picture: [
                face.box
                for face in detector.find(
                    picture, side=self.detect_side, min_confidence=self.min_confidence
                )
            ],
            side=self.detect_side,
            every_ms=self.detect_every_ms,
            threads=ctx.threads,
            limits=ctx.limits,
            report=lambda done: ctx.report(done / 2),
        )
