"""A stage whose length the video's file tells: `{"sleep_s": …}` or `{"compute_s": …}`."""

import json
import time
from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage


@dataclass(frozen=True)
class Worked:
    seconds: float


@dataclass(frozen=True)
class Work(Stage):
    name: ClassVar[str] = "work"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Worked

    def run(self, ctx: Context) -> Worked:
        told = json.loads(ctx.video.source.read_text())
        began = time.monotonic()
        time.sleep(told.get("sleep_s", 0))
        while time.monotonic() - began < told.get("compute_s", 0):
            sum(range(10_000))
        return Worked(time.monotonic() - began)
