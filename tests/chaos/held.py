"""The server's own stages, with their engines, each of which stops where a kill is aimed at it.

`tests.chaos.held.Probe` is `pipeline.stages.probe.Probe`, and so on. A file `NAME.MOMENT` in the
folder that the environment's `HOLDS` names holds the stage there, until it is removed; what is
held says so by a file in its own folder, with its name and process id.
"""

import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.contract import Context, SplitStage, Stage

MOMENTS = ("claimed", "under_way", "computed")
"""Before it computes; at its first progress, where it tells any; when its files are written."""
HELD = "held"
_LOOK_S = 0.01


@cache
def __getattr__(name: str) -> Any:
    if not name[0].isupper():
        raise AttributeError(name)
    module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    kind: type[Stage] = getattr(import_module(f"pipeline.stages.{module}"), name)
    steps = {"run": _held(kind.run, kind.name)}
    if issubclass(kind, SplitStage):
        steps |= {
            "run_part": _held(kind.run_part, kind.name),
            "join": _held(kind.join, joining(kind.name)),
        }
    # A slow machine is no reason for another attempt here: attempts are counted.
    return type(name, (kind,), {"__module__": __name__, "deadline_base_s": 3600, **steps})


def joining(name: str) -> str:
    """Return what the joining of a split stage's parts is held as."""
    return f"{name}-join"


def hold(folder: Path, name: str, moment: str) -> Path:
    """Return the file that holds the stage at the moment."""
    return folder / f"{name}.{moment}"


def _held(compute: Callable[..., Any], name: str) -> Callable[..., Any]:
    def computed(stage: Stage, ctx: Context, *inputs: Any) -> Any:
        def report(value: float) -> None:
            ctx.report(value)
            _wait(ctx, name, "under_way")

        _wait(ctx, name, "claimed")
        try:
            return compute(stage, replace(ctx, report=report), *inputs)
        finally:  # also where it finds that there is nothing to do
            _wait(ctx, name, "under_way")
            _wait(ctx, name, "computed")

    return computed


def _wait(ctx: Context, name: str, moment: str) -> None:
    """Stay here while the hold is there. No file outside its own is the stage's to read: it looks."""
    held = hold(Path(os.environ.get("HOLDS", "/nonexistent")), name, moment)
    if not held.exists():
        return
    mark = ctx.workdir / HELD
    mark.write_text(f"{name} {os.getpid()}\n")
    while held.exists():
        time.sleep(_LOOK_S)
    mark.unlink()
