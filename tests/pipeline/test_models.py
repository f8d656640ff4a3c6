"""Bringing models over real sockets, and the commands around it."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from pipeline.engines import catalogue
from pipeline.engines.catalogue import Disk, File, Model, Source, Web
from tests.patience import PATIENCE_S, until
from tests.pipeline.models_command import refusal, run
from tests.serving import Handler, Served, serving

pytestmark = pytest.mark.usefixtures("models_dir", "in_no_hurry")

ROOT = Path(__file__).resolve().parents[2]
GRAPH = bytes(range(256)) * 4096  # 1 MiB
HALF = len(GRAPH) // 2


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(GRAPH) as server:
        yield server


def listed(monkeypatch: pytest.MonkeyPatch, source: Source, content: bytes = GRAPH) -> File:
    """Have the catalogue list one model, `graph`, whose one file has this content."""
    file = File("graph.onnx", hashlib.sha256(content).hexdigest(), len(content), source)
    model = Model("graph", "tests", "MIT", "here", (file,))
    monkeypatch.setattr(catalogue, "CATALOGUE", {"graph": model})
    return file


def left(models_dir: Path) -> list[str]:
    """Return what lies in the model's folder, but for empty folders."""
    return sorted(path.name for path in (models_dir / "graph").rglob("*") if path.is_file())


class TestPull:
    def test_brings_a_file_once(
        self, served: Served, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(monkeypatch, Web(served.url("/graph.onnx")))

        assert run("pull", "graph") == "✓ graph: pulled\n"
        assert run("pull", "graph") == "✓ graph: there already\n"

        assert (models_dir / "graph" / "graph.onnx").read_bytes() == GRAPH
        assert left(models_dir) == ["graph.onnx"]
        assert len(served.asked) == 1

    def test_goes_on_where_an_earlier_one_stopped(
        self, served: Served, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(monkeypatch, Web(served.url()))
        served.break_after = [HALF]
        served.respond["/clip.mp4"] = once_then_500(served)
        first = refusal("pull", "graph")
        served.respond.clear()

        assert run("pull", "graph") == "✓ graph: pulled\n"

        assert "Run the same command again: it goes on where it stopped, where" in first
        assert served.asked[-1][1]["Range"] == f"bytes={HALF}-"
        assert (models_dir / "graph" / "graph.onnx").read_bytes() == GRAPH

    def test_mends_an_altered_file(
        self, served: Served, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(monkeypatch, Web(served.url()))
        (models_dir / "graph").mkdir(parents=True)
        (models_dir / "graph" / "graph.onnx").write_bytes(GRAPH[::-1])

        assert run("pull", "graph") == "✓ graph: pulled\n"

        assert (models_dir / "graph" / "graph.onnx").read_bytes() == GRAPH

    @pytest.mark.parametrize("content", [GRAPH[::-1], GRAPH + b"x", GRAPH[:-1]])
    def test_keeps_nothing_of_other_bytes(
        self, models_dir: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
    ) -> None:
        with serving(content) as served:
            file = listed(monkeypatch, Web(served.url()))

            told = refusal("pull", "graph")

        assert "has other bytes than the catalogue lists for graph.onnx" in told
        assert file.sha256 in told and "--from" in told
        assert left(models_dir) == []

    @pytest.mark.parametrize(
        ("status", "headers", "told", "advice"),
        [
            (404, {}, "answered 404 Not Found", "--from FOLDER|URL"),
            (403, {}, "answered 403 Forbidden", "--from FOLDER|URL"),
            (503, {}, "answered 503 Service Unavailable", "Run the same command again"),
            (200, {"Content_Type": "text/html"}, "leads to a web page", "--from FOLDER|URL"),
        ],
    )
    def test_says_what_the_server_answered_and_what_to_do(
        self,
        served: Served,
        monkeypatch: pytest.MonkeyPatch,
        status: int,
        headers: dict[str, str],
        told: str,
        advice: str,
    ) -> None:
        listed(monkeypatch, Web(served.url()))
        served.respond["/clip.mp4"] = lambda handler: handler.answer(status, b"sorry", **headers)

        refused = refusal("pull", "graph")

        assert told in refused
        assert advice in refused

    def test_says_that_the_disk_has_no_room(
        self, served: Served, models_dir: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        listed(monkeypatch, Web(served.url()))
        settings.MIN_FREE_BYTES = 1 << 60

        told = refusal("pull", "graph")

        assert told.startswith(f"{models_dir} has no room for graph (1 MB, beside MIN_FREE_BYTES)")
        assert not (models_dir / "graph" / "graph.onnx").exists()

    def test_says_that_the_folder_cannot_be_written(
        self, served: Served, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(monkeypatch, Web(served.url()))
        models_dir.write_text("in the way")

        assert "set MODELS_DIR" in refusal("pull", "graph")

    def test_takes_files_from_elsewhere(
        self, served: Served, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(monkeypatch, Web("http://127.0.0.1:1/never"))
        stick = tmp_path / "stick" / "graph" / "graph.onnx"
        stick.parent.mkdir(parents=True)
        stick.write_bytes(GRAPH)

        for place in (
            *map(str, (tmp_path / "stick", stick.parent, stick)),
            served.url("/mirror/"),
            served.url("/alone/graph.onnx?signed=x"),
        ):
            assert run("pull", "graph", "--from", place) == "✓ graph: pulled\n"
            (models_dir / "graph" / "graph.onnx").unlink()

        assert [path for path, _ in served.asked] == [
            "/mirror/graph/graph.onnx",
            "/alone/graph.onnx?signed=x",
        ]
        assert "There is no file" in refusal("pull", "graph", "--from", str(tmp_path))

    def test_copies_from_a_listed_path(
        self, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "mine.onnx").write_bytes(GRAPH)
        listed(monkeypatch, Disk(tmp_path / "mine.onnx"))

        run("pull", "graph")

        assert (models_dir / "graph" / "graph.onnx").read_bytes() == GRAPH

    def test_is_done_once_by_several_at_once(
        self, served: Served, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(monkeypatch, Web(served.url()))
        served.pause_s = 0.01
        said: list[str] = []
        pulls = [
            threading.Thread(target=lambda: said.append(run("pull", "graph"))) for _ in range(3)
        ]

        for one in pulls:
            one.start()
        for one in pulls:
            one.join()

        assert sorted(said) == ["✓ graph: pulled\n"] + ["✓ graph: there already\n"] * 2
        assert len(served.asked) == 1

    def test_leaves_what_a_killed_one_brought_to_the_next(
        self, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving(GRAPH, pause_s=5) as served:
            listed(monkeypatch, Web("http://127.0.0.1:1/never"))
            started = threading.Event()

            def tell(handler: Handler) -> None:
                started.set()
                handler.send_file()

            served.respond["/mirror/graph/graph.onnx"] = tell
            part = models_dir / "graph" / ".graph.onnx.partial" / "part"
            killed = pulling(served, models_dir)
            assert started.wait(PATIENCE_S)
            until(lambda: part.exists() and part.stat().st_size)
            killed.kill()
            killed.wait()
            served.pause_s = 0.0

            run("pull", "graph", "--from", served.url("/mirror"))

            assert served.asked[-1][1].get("Range", "").startswith("bytes=")
        assert (models_dir / "graph" / "graph.onnx").read_bytes() == GRAPH
        assert left(models_dir) == ["graph.onnx"]


class TestVerify:
    def test_tells_intact_from_altered_and_missing(
        self, served: Served, models_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(monkeypatch, Web(served.url()))
        assert "Not as the catalogue lists them: graph." in refusal("verify", "graph")
        run("pull", "graph")
        assert run("verify", "graph") == "✓ graph: intact\n"
        (models_dir / "graph" / "graph.onnx").write_bytes(GRAPH[::-1])
        out = StringIO()

        with pytest.raises(CommandError):
            call_command("models", "verify", "graph", "--json", stdout=out)

        assert json.loads(out.getvalue()) == [{"name": "graph", "state": "altered"}]


class TestList:
    def test_says_what_is_there_and_how_to_bring_the_rest(self) -> None:
        models = {model["name"]: model for model in json.loads(run("list", "--json"))}

        assert models["whisper-base"]["present"] is True
        assert models["whisper-base"]["stages"] == ["detect_speech", "transcribe"]
        assert models["yolox-s"]["mend"] == "python manage.py models pull yolox-s"
        assert models["yolox-s"]["files"][0]["source"].startswith("https://github.com/")
        assert "whisper-base" in run("list")

    def test_names_the_models_that_there_are(self) -> None:
        assert "no model nonsense; it has: whisper-base, " in refusal("pull", "nonsense")


def once_then_500(served: Served) -> Any:
    """Return what serves the file the first time, and is broken after that."""

    def respond(handler: Handler) -> None:
        if len(served.asked) == 1:
            handler.send_file()
        else:
            handler.answer(500)

    return respond


_PULL = """
import sys
from pathlib import Path
from pipeline import weights
from pipeline.engines.catalogue import File, Model, Web
file = File("graph.onnx", sys.argv[1], int(sys.argv[2]), Web("http://127.0.0.1:1/never"))
weights.pull(
    Model("graph", "tests", "MIT", "here", (file,)), Path(sys.argv[3]),
    place=sys.argv[4], min_free_bytes=0, report=lambda size: None,
)
"""


def pulling(served: Served, models_dir: Path) -> subprocess.Popen[bytes]:
    """Pull from the mirror in a process of its own."""
    sha256 = hashlib.sha256(GRAPH).hexdigest()
    words = [sha256, str(len(GRAPH)), str(models_dir), served.url("/mirror")]
    return subprocess.Popen([sys.executable, "-c", _PULL, *words], cwd=ROOT)
