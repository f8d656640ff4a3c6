"""From a YOLOX graph's rows to what is seen; the graph itself is a stand-in."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.engines import onnx
from pipeline.engines.yolox import Detector
from pipeline.errors import StageError

LABELS = ("cat", "dog", "boat")
GRIDS = {"usual": (8, 16, 32), "P6": (8, 16, 32, 64)}


class Graph:
    """Answers as a YOLOX graph would that sees `things`: (x, y, w, h in its pixels, label, score)."""

    def __init__(
        self,
        *things: tuple[float, float, float, float, int, float],
        size: tuple[int, int] = (128, 192),
        batch: int | str = 1,
        strides: tuple[int, ...] = (8, 16, 32),
    ) -> None:
        self.things, self.size, self.batch, self.strides = things, size, batch, strides
        self.given: list[np.ndarray[Any, Any]] = []

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="images", shape=[self.batch, 3, *self.size])]

    def run(self, _: None, inputs: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
        self.given.append(inputs["images"])
        rows = [
            self._row(x * stride, y * stride, stride)
            for stride in self.strides
            for y in range(self.size[0] // stride)
            for x in range(self.size[1] // stride)
        ]
        return [np.array([rows] * len(inputs["images"]), np.float32)]

    def _row(self, left: int, top: int, stride: int) -> list[float]:
        """Return what the cell says whose top left corner is there: of the thing in its middle."""
        for x, y, width, height, label, score in self.things:
            middle_x, middle_y = x + width / 2, y + height / 2
            if left <= middle_x < left + stride and top <= middle_y < top + stride:
                place = [(middle_x - left) / stride, (middle_y - top) / stride]
                sides = [np.log(width / stride), np.log(height / stride)]
                return [*place, *sides, score, *(float(n == label) for n in range(len(LABELS)))]
        return [0.0] * (5 + len(LABELS))


def detector(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Detector:
    monkeypatch.setattr(onnx, "session", lambda *_, **__: graph)
    return Detector(Path("some.onnx"), LABELS, threads=1, device="cpu")


def picture(width: int, height: int, blue: int = 200) -> Any:
    return np.full((height, width, 3), (blue, 10, 20), np.uint8)


class TestDetector:
    @pytest.mark.parametrize("strides", GRIDS.values(), ids=GRIDS)
    def test_reads_boxes_of_all_grids(
        self, strides: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The picture is twice as large as the input, and the input has grey below it.
        graph = Graph((48, 24, 96, 48, 2, 0.9), strides=strides)

        (seen,) = detector(graph, monkeypatch).find([picture(384, 192)], 0.1)

        (found,) = seen
        assert (found.label, found.confidence) == ("boat", 0.9)
        assert found.box == (0.25, 0.25, 0.5, 0.5)

    def test_gives_the_picture_at_the_top_left_and_grey_around(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graph = Graph()

        detector(graph, monkeypatch).find([picture(384, 192)], 0.1)

        given = graph.given[-1]
        assert given.dtype == np.float32
        assert given[0, :, 0, 0].tolist() == [200, 10, 20]
        assert given[0, :, 95, 191].tolist() == [200, 10, 20]
        assert (given[0, :, 96:] == 114).all()

    def test_cuts_boxes_off_at_the_edges(self, monkeypatch: pytest.MonkeyPatch) -> None:
        graph = Graph((-24, -12, 96, 48, 0, 0.9))

        (seen,) = detector(graph, monkeypatch).find([picture(192, 128)], 0.1)

        assert seen[0].box == (0, 0, 0.375, 0.2812)

    def test_keeps_one_of_equal_finds_for_each_label(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cats = [(40.0, 40.0, 60.0, 60.0, 0, 0.6), (46.0, 42.0, 60.0, 60.0, 0, 0.9)]
        graph = Graph(*cats, (36, 50, 60, 60, 1, 0.7))

        (seen,) = detector(graph, monkeypatch).find([picture(192, 128)], 0.1)

        assert sorted((s.label, s.confidence) for s in seen) == [("cat", 0.9), ("dog", 0.7)]

    def test_leaves_out_what_is_less_sure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        graph = Graph((40, 40, 60, 60, 0, 0.3))

        assert detector(graph, monkeypatch).find([picture(192, 128)], 0.4) == [[]]

    def test_looks_at_several_pictures_at_once_where_the_graph_may(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graph = Graph((48, 24, 96, 48, 2, 0.9), batch="batch")
        ours = detector(graph, monkeypatch)

        seen = ours.find([picture(192, 128), picture(96, 64), picture(384, 256)], 0.1)

        assert ours.batch > 1
        assert len(seen) == 3
        assert len({found.box for (found,) in seen}) == 1

    def test_refuses_labels_that_do_not_fit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(onnx, "session", lambda *_, **__: Graph())

        with pytest.raises(StageError, match="tells 3 labels, and 2 are given") as refusal:
            Detector(Path("some.onnx"), LABELS[:2], threads=1, device="cpu")

        assert refusal.value.code == "unfit_model"

    def test_refuses_graphs_of_another_family(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(onnx, "session", lambda *_, **__: Graph(strides=(4, 8)))

        with pytest.raises(StageError) as refusal:
            Detector(Path("some.onnx"), LABELS, threads=1, device="cpu")

        assert refusal.value.code == "unfit_model"
