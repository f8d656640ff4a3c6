"""The detector of faces on a real face."""

import struct
from pathlib import Path

import numpy as np
import pytest

from pipeline.engines import catalogue, centerface, onnx_graph
from pipeline.engines.centerface import Detector
from tests import portraits
from tests.clips import scene

HEAD = (300, 60)
"""Where the portrait, 293 by 320, is put in a picture of 960 by 540."""


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    folder = catalogue.locate(centerface.MODEL, tmp_path_factory.mktemp("models"))
    return centerface.load(folder, 1)


class TestDetector:
    @pytest.mark.parametrize("side", [160, 320, 640, 960])
    def test_finds_a_face_where_it_is_at_any_size(self, detector: Detector, side: int) -> None:
        picture = portraits.placed(scene(4, 0, (960, 540)), HEAD, portraits.portrait(320))

        (face,) = detector.find(picture, side=side, min_confidence=0.5)

        x, y, w, h = np.array(face.box) * (960, 540, 960, 540)
        assert (x - HEAD[0], y - HEAD[1]) == pytest.approx((45, 40), abs=35)
        assert (w, h) == pytest.approx((175, 225), abs=50)

    def test_cuts_boxes_off_at_the_edges(self, detector: Detector) -> None:
        picture = portraits.placed(scene(4, 0, (640, 360)), (-95, 150), portraits.portrait(240))

        (face,) = detector.find(picture, side=640, min_confidence=0.5)

        assert min(face.box) >= 0
        assert face.box[0] == 0.0
        assert face.box[1] + face.box[3] <= 1

    @pytest.mark.parametrize("size", [(640, 360), (90, 1200), (7, 5)])
    def test_finds_none_in_drawings(self, detector: Detector, size: tuple[int, int]) -> None:
        drawn = np.ascontiguousarray(np.broadcast_to(scene(5, 0)[:1, :1], (*size[::-1], 3)))
        picture = scene(5, 0, size) if min(size) > 10 else drawn

        assert detector.find(picture, side=640, min_confidence=0.3) == []


class TestAnySize:
    def test_refuses_what_is_no_graph(self, tmp_path: Path) -> None:
        for rubbish in (
            b"\xff" * 30,
            b"\x3a\x7f12",
            struct.pack("B", 0x3B),
            Path(__file__).read_bytes(),
        ):
            (tmp_path / "rubbish.onnx").write_bytes(rubbish)
            with pytest.raises(ValueError, match="no protobuf message"):
                onnx_graph.any_size(tmp_path / "rubbish.onnx")
