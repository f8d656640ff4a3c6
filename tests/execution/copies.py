"""A stage that makes a rendition, and goes wrong on demand."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context
from pipeline.results import Redacted
from tests.execution.faults import Act, First


@dataclass(frozen=True)
class Copy(Act):
    name: ClassVar[str] = "redact"
    produces: ClassVar[type] = Redacted
    needs: ClassVar[tuple[type, ...]] = (First,)

    mute_ms: tuple[tuple[int, int], ...] = ()

    def run(self, ctx: Context) -> Redacted:
        super().run(ctx)
        (ctx.workdir / "copy.mp4").write_text(repr(self.mute_ms))
        return Redacted("copy.mp4")
