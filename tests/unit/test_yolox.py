"""From a YOLOX graph's rows to what is seen; the graph itself is a stand-in."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from pipeline.engines import catalogue, onnx
from pipeline.engines.yolox import Detector
from pipeline.errors import StageError

LABELS = ("cat", "dog", "boat")
GRIDS = {"usual": (8, 16, 32), "P6": (8, 16, 32, 64)}


class Graph:
    """Answers as a YOLOX graph would that sees `things`: (x, y, w, h in its pixels, label, score)."""

    def __init__(
        self,
        *things: tuple[float, float, float, float, int, float],
        strides: tuple[int, ...] = (8, 16, 32),
        size: tuple[int, int] | None = None,
    ) -> None:
        """`size`: height and width, of a graph that takes no other."""
        self.things, self.strides, self.size = things, strides, size
        self.given: list[np.ndarray[Any, Any]] = []

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="images", shape=[1, 3, *(self.size or (416, 416))])]

    def run(self, _: None, inputs: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
        given = inputs["images"]
        if self.size and given.shape[2:] != self.size:
            raise InvalidArgument(f"no {given.shape}")
        self.given.append(given)
        rows = [
            self._row(x * stride, y * stride, stride)
            for stride in self.strides
            for y in range(given.shape[2] // stride)
            for x in range(given.shape[3] // stride)
        ]
        return [np.array([rows], np.float32)]

    def _row(self, left: int, top: int, stride: int) -> list[float]:
        """Return what the cell says whose top left corner is there: of the thing in its middle."""
        for x, y, width, height, label, score in self.things:
            middle_x, middle_y = x + width / 2, y + height / 2
            if left <= middle_x < left + stride and top <= middle_y < top + stride:
                place = [(middle_x - left) / stride, (middle_y - top) / stride]
                sides = [np.log(width / stride), np.log(height / stride)]
                return [*place, *sides, score, *(float(n == label) for n in range(len(LABELS)))]
        return [0.0] * (5 + len(LABELS))


def detector(
    graph: Graph,
    monkeypatch: pytest.MonkeyPatch,
    *,
    picture: tuple[int, int] = (96, 192),
    sides: tuple[int, ...] = (192,),
    close_side: int = 0,
    labels: tuple[str, ...] = LABELS,
) -> Detector:
    monkeypatch.setattr(onnx, "session", lambda *_, **__: graph)
    return Detector(
        Path("some.onnx"),
        labels,
        sides=sides,
        close_side=close_side,
        picture=picture,
        threads=1,
        device="cpu",
    )


def picture(width: int, height: int) -> Any:
    return np.full((height, width, 3), (200, 10, 20), np.uint8)


class TestDetector:
    @pytest.mark.parametrize("strides", GRIDS.values(), ids=GRIDS)
    def test_reads_boxes_of_all_grids(
        self, strides: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graph = Graph((48, 24, 96, 48, 2, 0.9), strides=strides)

        # The picture is twice as large as the input.
        (found,) = detector(graph, monkeypatch).find(picture(384, 192), 0.1)

        assert (found.label, found.confidence) == ("boat", 0.9)
        assert found.box == (0.25, 0.25, 0.5, 0.5)

    def test_gives_the_picture_at_the_top_left_and_grey_around(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graph = Graph()

        detector(graph, monkeypatch, picture=(160, 384)).find(picture(384, 160), 0.1)

        given = graph.given[-1]
        assert (given.dtype, given.shape) == (np.float32, (1, 3, 96, 192))
        assert given[0, :, 0, 0].tolist() == [200, 10, 20]
        assert given[0, :, 79, 191].tolist() == [200, 10, 20]
        assert (given[0, :, 80:] == 114).all()

    def test_looks_large_for_what_is_small_and_small_for_what_is_large(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graph = Graph((48, 24, 96, 48, 2, 0.9))

        # The graph sees its thing at the same pixels of both sizes: two places in the picture.
        seen = detector(graph, monkeypatch, sides=(192, 384)).find(picture(384, 192), 0.1)

        assert [given.shape[2:] for given in graph.given[-2:]] == [(96, 192), (192, 384)]
        assert [found.box for found in seen] == [(0.25, 0.25, 0.5, 0.5), (0.125, 0.125, 0.25, 0.25)]

    def test_takes_what_is_small_and_sure_from_a_close_look(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small, unsure, large = (
            (300.0, 20.0, 48.0, 48.0, 0, 0.9),
            (300.0, 120.0, 48.0, 48.0, 1, 0.4),
            (200.0, 120.0, 40.0, 100.0, 2, 0.9),
        )
        closely = detector(Graph(small, unsure, large), monkeypatch, close_side=384)

        seen = closely.find(picture(384, 192), 0.1, 0.5)

        assert [found.label for found in seen] == ["cat"]
        assert closely.find(picture(384, 192), 0.1) == []

    def test_looks_no_closer_with_a_graph_of_one_size(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graph = Graph((8, 8, 24, 24, 0, 0.3), size=(192, 192))

        seen = detector(graph, monkeypatch, close_side=384).find(picture(384, 192), 0.1, 0.5)

        assert [found.confidence for found in seen] == [0.3]

    def test_gives_a_graph_its_own_size_where_it_takes_no_other(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graph = Graph((48, 24, 96, 48, 2, 0.9), size=(192, 192))

        (found,) = detector(graph, monkeypatch).find(picture(384, 192), 0.1)

        assert graph.given[-1].shape == (1, 3, 192, 192)
        assert found.box == (0.25, 0.25, 0.5, 0.5)

    def test_cuts_boxes_off_at_the_edges(self, monkeypatch: pytest.MonkeyPatch) -> None:
        graph = Graph((-24, -12, 96, 48, 0, 0.9))

        (found,) = detector(graph, monkeypatch).find(picture(192, 96), 0.1)

        assert found.box == (0, 0, 0.375, 0.375)

    def test_keeps_one_of_equal_finds_for_each_label(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cats = [(40.0, 30.0, 60.0, 60.0, 0, 0.6), (46.0, 32.0, 60.0, 60.0, 0, 0.9)]
        graph = Graph(*cats, (36, 36, 60, 60, 1, 0.7))

        seen = detector(graph, monkeypatch).find(picture(192, 96), 0.1)

        assert sorted((s.label, s.confidence) for s in seen) == [("cat", 0.9), ("dog", 0.7)]

    def test_leaves_out_what_is_less_sure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        graph = Graph((40, 30, 60, 60, 0, 0.3))

        assert detector(graph, monkeypatch).find(picture(192, 96), 0.4) == []

    def test_refuses_labels_that_do_not_fit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(StageError, match="tells 3 labels, and 2 are given") as refusal:
            detector(Graph(), monkeypatch, labels=LABELS[:2])

        assert refusal.value.code == "unfit_model"

    def test_refuses_labels_that_cannot_be_stored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(StageError, match="longer than 50 characters") as refusal:
            detector(Graph(), monkeypatch, labels=(*LABELS[:2], "c" * 51))

        assert refusal.value.code == "unfit_model"

    def test_refuses_graphs_of_another_family(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(StageError) as refusal:
            detector(Graph(strides=(4, 8)), monkeypatch)

        assert refusal.value.code == "unfit_model"

    @pytest.mark.parametrize("of_vad", [True, False], ids=["other inputs", "no graph"])
    def test_refuses_files_that_are_no_detector(self, tmp_path: Path, of_vad: bool) -> None:
        vad = catalogue.locate("silero-vad-v6", tmp_path) / "silero_vad_v6.onnx"
        (tmp_path / "mine.onnx").write_bytes(vad.read_bytes() if of_vad else b"<html>" * 50)

        with pytest.raises(StageError) as refusal:
            Detector(
                tmp_path / "mine.onnx",
                LABELS,
                sides=(192,),
                close_side=384,
                picture=(96, 192),
                threads=1,
                device="cpu",
            )

        assert refusal.value.code == "unfit_model"
        assert str(tmp_path) not in refusal.value.message
