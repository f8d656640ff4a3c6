"""The process that runs stages, one after another: `python -m pipeline.child KIND IN OUT …`.

It knows neither Django nor the database. Requests come as JSON lines on the file descriptor IN,
replies go out on OUT; a stage's result is written into the attempt's folder. The worker that
started it kills it at will, so nothing here needs to survive.

What a stage may do is taken away before it begins (`pipeline.sandbox`): it reads its own inputs
and the code, writes into its own folder, and reaches no other process. How much stays with the
process afterwards is its kind's difference, see `messages.Kind`.
"""

import errno
import faulthandler
import logging
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import IO, cast

import msgspec

from pipeline import results, sandbox
from pipeline.contract import Context, SplitStage, Stage, Upstream, VideoInfo, from_json
from pipeline.engines import catalogue
from pipeline.engines.loaded import is_out_of_memory
from pipeline.errors import NotApplicable, StageError, TransientError
from pipeline.messages import Ended, Kind, Progress, Reply, Request, Spent
from pipeline.processes import describe_exit, die_with_parent, give_way
from pipeline.sandbox import Gpu

logger = logging.getLogger(__name__)

# A progress report is worth a line only if it shows.
_PROGRESS_STEP = 0.005

_OPEN_FILES = 256


def run(request: Request, tell: IO[bytes]) -> Ended:
    """Run one stage and return how it ended; its result lies in the request's workdir."""
    try:
        stage = _stage_type(request)(**from_json(request.parameters))
        result = _result(stage, request, _context(stage, request, tell))
        results.dump(result, Path(request.workdir))
    except NotApplicable as reason:
        return Ended("skipped", reason.code, reason.message)
    except TransientError as error:
        wait_s = error.retry_after_s or 0.0
        return Ended("transient", error.code, error.message, retry_after_s=wait_s)
    except StageError as error:
        return Ended("failed", error.code, error.message)
    except MemoryError:
        return _out_of_memory()
    except OSError as error:
        if error.errno == errno.EFBIG:
            return Ended(
                "failed", "result_too_large", "The file leads to a result larger than one may be."
            )
        if not Path(request.source).exists():  # deleted meanwhile: nothing is wrong here
            return Ended("transient", "io_error", "The video's file is gone.")
        logger.exception("%s", request.stage)
        return Ended("transient", "io_error", f"Reading or writing failed: {error.strerror}.")
    except Exception as error:
        if is_out_of_memory(error):
            return _out_of_memory()
        logger.exception("%s", request.stage)
        message = (
            f"A bug ended this stage ({type(error).__name__}); the worker's log has the details."
        )
        return Ended("failed", "internal_error", message)
    return Ended("succeeded", model=str(getattr(result, "model", "")))


def _out_of_memory() -> Ended:
    message = "The file needs more memory than one stage may use."
    return Ended("transient", "out_of_memory", message)


def _result(stage: Stage, request: Request, ctx: Context) -> object:
    if not isinstance(stage, SplitStage):
        return stage.run(ctx)
    if request.shard:
        return stage.run_part(ctx, ctx.get(stage.split_by).shards[request.shard - 1])
    if request.parts:
        return stage.join(ctx, [results.load(stage.part, Path(folder)) for folder in request.parts])
    return stage.run(ctx)


def _stage_type(request: Request) -> type[Stage]:
    module, _, name = request.stage.rpartition(".")
    stage_type: type[Stage] = getattr(import_module(module), name)
    return stage_type


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
        video=VideoInfo(Path(request.source), request.source_url),
        workdir=Path(request.workdir),
        models_dir=Path(request.models_dir),
        threads=request.threads,
        device=request.device,
        upstream=upstream,
        report=report,
        limits=request.limits,
        llm=request.llm,
        spend=lambda tokens: _send(tell, Spent(tokens)),
        partial=Path(request.partial),
    )


def _send(tell: IO[bytes], reply: Reply) -> None:
    tell.write(msgspec.json.encode(reply) + b"\n")
    tell.flush()


def _end(tell: IO[bytes], request: Request, ended: Ended) -> None:
    _send(tell, msgspec.structs.replace(ended, of=request.workdir))


def _requests(listen: IO[bytes]) -> Iterator[Request]:
    for line in listen:
        yield msgspec.json.decode(line, type=Request)


def _limit_cpu(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _prepare(worker: int, memory_mb: int, file_mb: int, gpu: Gpu) -> None:
    die_with_parent(worker)
    give_way()
    faulthandler.enable()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        # CUDA reserves addresses for the memory of all GPUs and the machine's: there what can be
        # written counts, not what is reserved.
        (resource.RLIMIT_DATA if gpu else resource.RLIMIT_AS, memory_mb << 20),
        (resource.RLIMIT_FSIZE, file_mb << 20),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.setrlimit(limit, (most, most))
    if sys.platform == "linux":
        # When memory runs out, this process goes before the worker, the web or the database.
        Path("/proc/self/oom_score_adj").write_text("800")
    for sentence in sandbox.missing():
        logger.warning("%s manage.py doctor says what mends it.", sentence)


def _confine(request: Request, kind: Kind, gpu: Gpu) -> None:
    """Leave this thread the files of one attempt."""
    workdir, source = Path(request.workdir), Path(request.source)
    inputs = (*request.upstream.values(), *request.parts)
    read = [*map(Path, inputs), *sandbox.programs()]
    match kind:
        case "media":
            sandbox.confine(read=[source, Path(request.models_dir), *read], write=[workdir])
        case "models":
            # Weights that come in pieces are joined at their first use.
            write = [workdir, Path(request.models_dir)]
            sandbox.confine(read=[*read, *gpu.read], write=write, use=gpu.use)
        case "network":
            # What it brings outlives its attempt, so it has the video's folder.
            sandbox.confine(read=[*read, *sandbox.NAME_SERVICE], write=[source.parent])


def _serve_forked(request: Request, tell: IO[bytes], kind: Kind, listen_fd: int) -> None:
    """Run the stage in a fork; one that dies is told by us, whom its file never reached."""
    _preload(request)
    parent = os.getpid()
    if pid := os.fork():
        _, status = os.waitpid(pid, 0)
        if status:
            died = describe_exit(os.waitstatus_to_exitcode(status))
            _end(tell, request, Ended("crashed", message=died))
        return
    try:
        os.close(listen_fd)  # what comes next is none of its business
        die_with_parent(parent)
        _limit_cpu(request.cpu_s)
        _confine(request, kind, Gpu())
        sandbox.deny(sockets=kind != "network")
        _end(tell, request, run(request, tell))
    except Exception:
        logger.exception("%s", request.stage)
        os._exit(1)
    os._exit(0)


def _preload(request: Request) -> None:
    """Import what the stage names, so that its fork, and all that follow, need not."""
    try:
        for module in _stage_type(request).preload:
            import_module(module)
    except Exception:
        logger.exception("%s", request.stage)  # the fork meets it again, and tells


def _serve_warm(request: Request, tell: IO[bytes], gpu: Gpu) -> None:
    """Run the stage in a thread: what is taken from a thread, the next still has."""

    def serve() -> None:
        _confine(request, "models", gpu)
        _end(tell, request, run(request, tell))

    _limit_cpu(request.cpu_s)
    with ThreadPoolExecutor(1, "stage") as pool:
        pool.submit(serve).result()


def _add_models(listed: Path) -> None:
    try:
        catalogue.add(listed)
    except catalogue.own.ListError as error:  # edited while we run: stages of others go on
        logger.error("%s", error)


def main(
    kind: Kind,
    worker: int,
    listen_fd: int,
    tell_fd: int,
    memory_mb: int,
    file_mb: int,
    models_file: str,
    devices: str,
    *roots: str,
) -> None:
    """Serve requests until the pipe closes, or the process `worker` ends.

    `roots`: the folders that all files of all attempts lie in, and those of the weights.
    `models_file` lists models beside those of the catalogue; it may be empty. `devices` are the
    files of the GPUs that it may use, with colons between; empty: none.
    """
    gpu = Gpu(tuple(map(Path, filter(None, devices.split(os.pathsep)))))
    _prepare(worker, memory_mb, file_mb, gpu)
    if kind == "models":
        if models_file:
            _add_models(Path(models_file))  # before it is out of reach
        places = [Path(root) for root in roots]
        for place in places:
            place.mkdir(parents=True, exist_ok=True)  # only what exists can be allowed
        if gpu:
            os.environ["CUDA_CACHE_DISABLE"] = "1"  # what one stage compiled would run in the next
        sandbox.confine(read=[*sandbox.programs(), *gpu.read], write=places, use=gpu.use)
        sandbox.deny(sockets=True, gpu=bool(gpu))
    else:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # threads do not survive a fork
    with os.fdopen(listen_fd, "rb") as listen, os.fdopen(tell_fd, "wb") as tell:
        for request in _requests(listen):
            # No other folder is open to a stage, or to its libraries.
            tempfile.tempdir = request.workdir
            if kind == "models":
                _serve_warm(request, tell, gpu)
            else:
                _serve_forked(request, tell, kind, listen_fd)


if __name__ == "__main__":
    _kind, *_rest = sys.argv[1:]
    _worker, _listen, _tell, _memory, _file = map(int, _rest[:5])
    main(cast("Kind", _kind), _worker, _listen, _tell, _memory, _file, *_rest[5:])
