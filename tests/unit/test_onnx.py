"""How engines get at their graphs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnxruntime
import pytest

from pipeline.engines import catalogue, onnx
from pipeline.engines.loaded import give_up_all
from pipeline.errors import StageError

CPU, GPU = "CPUExecutionProvider", "CUDAExecutionProvider"


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    give_up_all()
    yield
    give_up_all()


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    return catalogue.locate("silero-vad-v6", tmp_path) / "silero_vad_v6.onnx"


class Session:
    """What ONNX Runtime makes where it was built for a GPU; `works`: and there is one."""

    works = True

    def __init__(self, path: str, sess_options: Any, providers: list[Any]) -> None:
        self.asked: dict[str, Any] = dict(
            one if isinstance(one, tuple) else (one, {}) for one in providers
        )
        self.providers = list(self.asked) if self.works else [CPU]

    def get_providers(self) -> list[str]:
        return self.providers


@pytest.fixture
def built_for_gpu(monkeypatch: pytest.MonkeyPatch) -> type[Session]:
    kind = type("OneSession", (Session,), {})
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [GPU, CPU])
    monkeypatch.setattr(onnxruntime, "InferenceSession", kind)
    return kind


class TestSession:
    def test_is_one_for_all_who_want_the_graph(self, graph: Path) -> None:
        first = onnx.session(graph, threads=1)

        assert onnx.session(graph, threads=1) is first
        assert first.get_providers() == [CPU]

    def test_computes_on_the_processor_where_auto_finds_no_gpu(self, graph: Path) -> None:
        assert onnx.session(graph, threads=1, device="auto").get_providers() == [CPU]

    def test_fails_where_a_gpu_is_asked_for_and_there_is_none(self, graph: Path) -> None:
        with pytest.raises(StageError) as caught:
            onnx.session(graph, threads=1, device="cuda")

        assert caught.value.code == "device_unavailable"

    @pytest.mark.parametrize(
        ("device", "providers"), [("auto", [GPU, CPU]), ("cuda", [GPU, CPU]), ("cpu", [CPU])]
    )
    def test_takes_a_gpu_where_it_may(
        self, built_for_gpu: type[Session], graph: Path, device: Any, providers: list[str]
    ) -> None:
        assert onnx.session(graph, threads=1, device=device).get_providers() == providers

    def test_keeps_to_the_precision_of_the_graph(
        self, built_for_gpu: type[Session], graph: Path
    ) -> None:
        session: Any = onnx.session(graph, threads=1, device="cuda")

        assert session.asked[GPU] == {"use_tf32": 0}

    def test_does_not_fall_back_in_silence(self, built_for_gpu: type[Session], graph: Path) -> None:
        built_for_gpu.works = False

        assert onnx.session(graph, threads=1, device="auto").get_providers() == [CPU]
        with pytest.raises(StageError):
            onnx.session(graph, threads=1, device="cuda")
