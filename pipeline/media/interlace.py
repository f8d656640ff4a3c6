"""Makes whole pictures of those that hold two fields, as broadcasts and old cameras store them.

The lines of such a picture come from two moments in turn: whatever moves is combed, and where a
shot begins between the two, a picture of both hides the cut from whoever compares neighbours.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, cast

import av
from av.filter import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.frame import VideoFrame


class Deinterlacer:
    """Feed it all pictures in order. Those that hold one moment pass as they are.

    FFmpeg's `yadif` keeps the field that comes first and fills in the lines between. It looks one
    picture ahead, so pictures come out later than they went in; as many, in the same order.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._times: deque[int] = deque()

    def feed(self, at_ms: int, frame: VideoFrame) -> Iterator[tuple[int, VideoFrame]]:
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph and shape != self._shape:
            yield from self.finish()
        if self._graph is None and frame.interlaced_frame:
            self._graph, self._shape = _graph(frame), shape
        if self._graph is None:
            yield at_ms, frame
            return
        self._times.append(at_ms)
        self._graph.push(frame)
        yield from self._ready(self._graph)

    def finish(self) -> Iterator[tuple[int, VideoFrame]]:
        """Yield what is still held back."""
        if self._graph:
            self._graph.push(None)
            yield from self._ready(self._graph)
        self._graph = None

    def _ready(self, graph: Graph) -> Iterator[tuple[int, VideoFrame]]:
        while self._times:
            try:
                frame = cast("VideoFrame", graph.pull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield self._times.popleft(), frame


def _graph(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    # Only what is marked as interlaced is touched: a file may hold both.
    whole = graph.add("yadif", "deint=interlaced")
    graph.link_nodes(source, whole, graph.add("buffersink")).configure()
    return graph
