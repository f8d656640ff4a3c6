"""What a worker and the process that runs its stages tell each other, as JSON lines."""

from typing import Literal

import msgspec

from pipeline.contract import Device, LanguageModel, Limits, Stage

Kind = Literal["media", "models", "network"]
"""How a process runs its stages.

`media` forks for each: what reads an upload by native code ends with the stage, whatever the file
made of it, and leaves nothing to the next. `network` does too, and may open sockets. `models`
keeps its own memory, for weights that take long to load; what it reads other stages have made.
"""


def kind_of(stage: Stage) -> Kind:
    """Return the kind of process that `stage` runs in."""
    if stage.network:
        return "network"
    return "models" if stage.models and not stage.forked else "media"


class Request(msgspec.Struct, frozen=True):
    """One stage to run."""

    stage: str
    """Dotted path of the class."""
    parameters: dict[str, object]
    source: str
    source_url: str
    workdir: str
    partial: str
    models_dir: str
    threads: int
    limits: Limits
    cpu_s: int
    """Processor seconds after which the kernel ends the process."""
    upstream: dict[str, str]
    """Result type's name → folder, of the upstream stages that gave one."""
    shard: int = 0
    """1..n: compute a split stage's part for that shard alone."""
    parts: tuple[str, ...] = ()
    """Folders of all parts of a split stage, by shard: join them."""
    device: Device = "cpu"
    llm: LanguageModel | None = None
    """For a stage that asks it; its key reaches no other process."""


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    value: float


class Spent(msgspec.Struct, frozen=True, tag="spent"):
    """Tokens of the language model, each told once."""

    tokens: int


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """How the stage ended; `code` and `message` are empty for success.

    A crash has no code: `message` says how the process died, "was killed by SIGSEGV".
    """

    outcome: Literal["succeeded", "skipped", "failed", "transient", "crashed"]
    code: str = ""
    message: str = ""
    model: str = ""
    retry_after_s: float = 0.0
    """What a transient end asks for before the next try."""
    of: str = ""
    """The attempt's folder: a fork that outlived its stage does not know the next one's."""


Reply = Progress | Spent | Ended


class Asked(msgspec.Struct, frozen=True):
    """A text to embed, for a search."""

    number: int
    text: str


class Embedded(msgspec.Struct, frozen=True):
    """Its vector, written `[1,2,…]`; or `code` and `message`, which say why there is none."""

    number: int
    vector: str = ""
    known: tuple[str, ...] = ()
    """Which of its words the model knows as such: they are common, and not mistyped."""
    code: str = ""
    message: str = ""
