"""What results are made of."""

from dataclasses import dataclass
from typing import Annotated

import msgspec

FileName = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-][A-Za-z0-9._-]*\Z")]
"""A file beside the result. Checked when it is read: what wrote it has read hostile files, and what
it names is served to people."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Shard:
    """A stretch of the media that a worker can work on by itself."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Sharded:
    """A result that says how work on the media is to be divided, from the media alone."""

    shards: tuple[Shard, ...]
    """At least one; they tile the timeline."""
