"""A copy that browsers can play, made when somebody wants to watch and they can't play the original."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.results import Media, Proxy


@dataclass(frozen=True)
class MakeProxy(Stage):
    """Transcodes the pictures, if there are any, upright to H.264, the first audio track to AAC."""

    name: ClassVar[str] = "make_proxy"
    version: ClassVar[int] = 5
    produces: ClassVar[type] = Proxy
    needs: ClassVar[tuple[type, ...]] = (Media,)
    preload: ClassVar[tuple[str, ...]] = ("pipeline.media.transcode",)
    weight: ClassVar[float] = 10
    deadline_base_s: ClassVar[int] = 120
    deadline_per_media_s: ClassVar[float] = 10.0

    max_side: int = 1280
    """Longer side at most, pixels."""
    quality: int = 23
    """x264's constant rate factor: lower is better and larger."""

    def run(self, ctx: Context) -> Proxy:
        """Raises `StageError` (`no_decodable_picture`, `corrupt_media`)."""
        media = ctx.get(Media)
        proxy = Proxy("proxy.mp4") if media.video else Proxy("proxy.m4a", "audio/mp4")
        from pipeline.media.transcode import transcode

        transcode(
            ctx.video.source,
            ctx.workdir / proxy.file,
            media=media,
            max_side=self.max_side,
            quality=self.quality,
            threads=ctx.threads,
            limits=ctx.limits,
            report=lambda at_ms: ctx.report(at_ms / media.duration_ms),
        )
        return proxy
