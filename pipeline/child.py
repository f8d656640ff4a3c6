"""The process that runs stages, one after another, models warm: `python -m pipeline.child IN OUT`.

It knows neither Django nor the database. Requests come as JSON lines on the file descriptor IN,
replies go out on OUT; a stage's result is written into the attempt's folder. The worker that
started it kills it at will, so nothing here needs to survive.
"""

import faulthandler
import logging
import os
import resource
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import IO, Literal

import msgspec

from pipeline import results
from pipeline.contract import Context, Limits, Stage, Upstream, VideoInfo
from pipeline.errors import NotApplicable, StageError, TransientError
from pipeline.processes import die_with_parent

logger = logging.getLogger(__name__)

# A progress report is worth a line only if it shows.
_PROGRESS_STEP = 0.005


class Request(msgspec.Struct, frozen=True):
    """One stage to run."""

    stage: str
    """Dotted path of the class."""
    parameters: dict[str, object]
    source: str
    language: str | None
    workdir: str
    models_dir: str
    threads: int
    limits: Limits
    cpu_s: int
    """Processor seconds after which the kernel ends the process."""
    upstream: dict[str, str]
    """Result type's name → folder, of the upstream stages that gave one."""


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    value: float


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """How the stage ended; `code` and `message` are empty for success."""

    outcome: Literal["succeeded", "skipped", "failed", "transient"]
    code: str = ""
    message: str = ""
    model: str = ""


Reply = Progress | Ended


def run(request: Request, tell: IO[bytes]) -> Ended:
    """Run one stage and return how it ended; its result lies in the request's workdir."""
    try:
        stage = _stage(request)
        result = stage.run(_context(stage, request, tell))
        results.dump(result, Path(request.workdir))
    except NotApplicable as reason:
        return Ended("skipped", reason.code, reason.message)
    except TransientError as error:
        return Ended("transient", error.code, error.message)
    except StageError as error:
        return Ended("failed", error.code, error.message)
    except MemoryError:
        return Ended(
            "transient", "out_of_memory", "The file needs more memory than one stage may use."
        )
    except OSError as error:
        if not Path(request.source).exists():  # deleted meanwhile: nothing is wrong here
            return Ended("transient", "io_error", "The video's file is gone.")
        logger.exception("%s", request.stage)
        return Ended("transient", "io_error", f"Reading or writing failed: {error.strerror}.")
    except Exception as error:
        logger.exception("%s", request.stage)
        message = (
            f"A bug ended this stage ({type(error).__name__}); the worker's log has the details."
        )
        return Ended("failed", "internal_error", message)
    return Ended("succeeded", model=str(getattr(result, "model", "")))


def _stage(request: Request) -> Stage:
    module, _, name = request.stage.rpartition(".")
    stage: Stage = getattr(import_module(module), name)(**request.parameters)
    return stage


def _context(stage: Stage, request: Request, tell: IO[bytes]) -> Context:
    upstream = {}
    for kind in (*stage.needs, *stage.wants):
        if directory := request.upstream.get(kind.__name__):
            path = Path(directory)
            upstream[kind] = Upstream(results.load(kind, path), path)

    told = 0.0

    def report(value: float) -> None:
        nonlocal told
        if value >= told + _PROGRESS_STEP:
            told = min(value, 1.0)
            _send(tell, Progress(told))

    return Context(
        video=VideoInfo(Path(request.source), request.language),
        workdir=Path(request.workdir),
        models_dir=Path(request.models_dir),
        threads=request.threads,
        upstream=upstream,
        report=report,
        limits=request.limits,
    )


def _send(tell: IO[bytes], reply: Reply) -> None:
    tell.write(msgspec.json.encode(reply) + b"\n")
    tell.flush()


def _requests(listen: IO[bytes]) -> Iterator[Request]:
    for line in listen:
        yield msgspec.json.decode(line, type=Request)


def _limit_cpu(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _prepare(memory_mb: int) -> None:
    die_with_parent()
    faulthandler.enable()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    if sys.platform == "linux":
        # When memory runs out, this process goes before the worker, the web or the database.
        Path("/proc/self/oom_score_adj").write_text("800")


def main(listen_fd: int, tell_fd: int, memory_mb: int) -> None:
    """Serve requests until the pipe closes."""
    _prepare(memory_mb)
    with os.fdopen(listen_fd, "rb") as listen, os.fdopen(tell_fd, "wb") as tell:
        for request in _requests(listen):
            _limit_cpu(request.cpu_s)
            _send(tell, run(request, tell))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
