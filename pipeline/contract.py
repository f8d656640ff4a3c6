"""What a stage is: the one interface between the pipeline and the code that analyses media.

Nothing here knows Django, HTTP or the database. A stage gets paths and values and returns a
frozen dataclass of `pipeline.results`; edges between stages are those result types.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar, cast

from pipeline.results import Shard, Sharded

T = TypeVar("T")

Device = Literal["auto", "cpu", "cuda"]
"""What models compute on; `auto`: a GPU where there is one."""

ATTACHED = "attached"
"""What the file is called in `Context.workdir` that was brought beside the video."""

Precision = Literal["int8", "int8_float16", "float16", "float32"]
"""What speech models compute in, whatever they are stored in; no processor knows float16."""


@dataclass(frozen=True)
class VideoInfo:
    """The video as a stage may see it: values, never a database row."""

    source: Path
    """The uploaded original on this machine's disk."""
    source_url: str = ""
    """Where the original is to be fetched from; empty where it was brought."""


@dataclass(frozen=True)
class LanguageModel:
    """The operator's, at a server that speaks OpenAI's protocol."""

    base_url: str
    """`https://api.example.org/v1`: what comes before `/chat/completions`."""
    model: str
    """As that server calls it."""
    api_key: str = field(repr=False)
    """Empty: none is needed."""
    timeout_s: float


@dataclass(frozen=True)
class Limits:
    """What a file may hold at most: more is refused before it is allocated or read."""

    duration_ms: int = 12 * 3_600_000
    pixels: int = 8192 * 8192
    """Of one picture: decoded it takes 100 MB, several times over."""
    streams: int = 100
    frame_rate: int = 1000
    """Pictures a second, on average."""
    quota_bytes: int | None = None
    """Of what is fetched; None: no quota bounds it."""
    min_free_bytes: int = 0
    """Of the disk, beside what is fetched."""
    llm_tokens: int = 0
    """What the workspace may still spend today on the language model."""


@dataclass(frozen=True)
class Upstream:
    """A finished stage's result and the folder of the files that it names."""

    result: Any
    directory: Path


@dataclass(frozen=True)
class Context:
    """All that one run of one stage is given."""

    video: VideoInfo
    workdir: Path
    """An empty folder of this attempt's own; files that the result names are kept here."""
    models_dir: Path
    """Where weights are kept that no installed package carries ready to load."""
    threads: int
    """How many threads native code may use."""
    upstream: Mapping[type, Upstream]
    report: Callable[[float], None]
    """Tells progress, 0..1. Cheap: call it as often as is convenient."""
    limits: Limits = Limits()
    device: Device = "cpu"
    """What models compute on. Results may differ in the last digits, no more."""
    llm: LanguageModel | None = None
    """For a stage that `asks_llm`, where this server has one."""
    spend: Callable[[int], None] = lambda _: None
    """Tells tokens that were spent, so that they are booked whatever becomes of the stage."""
    partial: Path | None = None
    """A folder that outlives attempts, for work that the next can take up; None: nothing does.

    An attempt that lost its lease may still be in it when the next begins.
    """

    def get(self, kind: type[T]) -> T:
        """Return a result that `needs` names.

        Raises `KeyError` if the stage does not declare it.
        """
        return cast("T", self.upstream[kind].result)

    def find(self, kind: type[T]) -> T | None:
        """Return a result that `wants` names, or None where its stage gave none."""
        found = self.upstream.get(kind)
        return cast("T", found.result) if found else None

    def path(self, kind: type, name: str) -> Path:
        """Return where the file called `name` lies that the upstream result `kind` names."""
        return self.upstream[kind].directory / name


@dataclass(frozen=True)
class Stage(ABC):
    """One step of the analysis. Subclasses are frozen dataclasses whose fields are the parameters."""

    name: ClassVar[str]
    """A verb: `read_text`."""
    version: ClassVar[int]
    """Bump it when the result changes: the stage and its dependents run again."""
    produces: ClassVar[type]
    needs: ClassVar[tuple[type, ...]] = ()
    """Without any of these the stage is skipped."""
    wants: ClassVar[tuple[type, ...]] = ()
    """Used when there; the stage runs without them too."""
    queue: ClassVar[str] = "cpu"
    network: ClassVar[bool] = False
    """Whether it opens connections. Such a stage runs apart and must not decode media."""
    asks_llm: ClassVar[bool] = False
    """Whether it asks the operator's language model: then it is told where that is, and the key."""
    forked: ClassVar[bool] = False
    """Whether it opens the upload though it loads weights: it runs in a fork as a stage without
    models does, and loads them each time."""
    attached: ClassVar[bool] = False
    """Whether it reads a file that was brought beside the video, if its parameters name one."""
    preload: ClassVar[tuple[str, ...]] = ()
    """Modules that take long to import. A stage without models runs in a fork of a process that
    has them; they must start no thread."""
    weight: ClassVar[float] = 1.0
    """Share of a usual run's work, for the video's progress."""
    deadline_base_s: ClassVar[int] = 60
    deadline_per_media_s: ClassVar[float] = 5.0
    """The stage is killed after `deadline_base_s` plus this many seconds a second of media."""

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the weights it may load, as the model catalogue knows them."""
        return ()

    @abstractmethod
    def run(self, ctx: Context) -> Any:
        """Compute and return an instance of `produces`.

        Raises `NotApplicable`, `TransientError` or `StageError` (`pipeline.errors`); anything
        else is a bug and ends the stage `FAILED` with `internal_error`.
        """


class SplitStage(Stage):
    """A stage that several workers may share, each computing shards that another stage named.

    The shards follow from the media alone, and `join` gets the parts in their order: so the
    result is the same whoever computed what, and when. Of one shard nothing is split.
    """

    split_by: ClassVar[type[Sharded]]
    """The one of `needs` whose result names the shards."""
    part: ClassVar[type]
    """What `run_part` gives; it names no files."""

    @abstractmethod
    def run_part(self, ctx: Context, shard: Shard) -> Any:
        """Compute one shard and return an instance of `part`.

        Raises as `run` does. A shard without findings is an empty part: `NotApplicable` says that
        the whole stage has nothing to do.
        """

    @abstractmethod
    def join(self, ctx: Context, parts: Sequence[Any]) -> Any:
        """Return the stage's result from its parts, one a shard, in order. Raises as `run` does."""

    def run(self, ctx: Context) -> Any:
        """Compute all shards, one after another."""
        shards = ctx.get(self.split_by).shards
        return self.join(
            ctx,
            [
                self.run_part(_within(ctx, place, len(shards)), shard)
                for place, shard in enumerate(shards)
            ],
        )


def from_json(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stage's parameters with the tuples that JSON has made lists of."""
    return {name: _tuples(value) for name, value in parameters.items()}


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def result_type(stage: type[Stage], shard: int) -> type:
    """Return what is kept of a stage, which is `shard` 0, or of its part for one, 1..n."""
    return stage.part if shard and issubclass(stage, SplitStage) else stage.produces


def _within(ctx: Context, place: int, of: int) -> Context:
    """Return a context whose progress is that of one share in `of` equal ones."""
    return replace(ctx, report=lambda done: ctx.report((place + done) / of))
