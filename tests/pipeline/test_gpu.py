"""The sample analysed on the GPU, in processes confined as the worker's are, beside the processor.

make install-dev install-gpu && .venv/bin/python -m pytest tests/pipeline/test_gpu.py
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings

from pipeline import device, registry, results, sandbox
from pipeline.contract import Limits, Stage
from pipeline.messages import Ended, Request, kind_of
from pipeline.planner import plan
from pipeline.results import Faces, Nudity, Objects, ScreenText, Sounds, Speakers, Transcript
from pipeline.supervisor import Allowance, Children
from tests.patience import PATIENCE_S

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not sandbox.devices(), reason="This machine has no NVIDIA GPU."),
]

SAMPLE = Path(__file__).parents[2] / "docs/sample/sample.mp4"
_NEAR_MS = 200
_ALIKE = 0.95
"""The share of one's findings that the other has, too: a word that is in doubt may fall elsewhere."""
_CLOSE = 0.02
"""How far scores of the same finding are apart, on average."""


class Found(NamedTuple):
    what: str
    start_ms: int
    end_ms: int
    score: float


_FOUND: Mapping[type, Callable[[Any], list[Found]]] = {
    Transcript: lambda result: [
        Found(word.text.strip().casefold(), word.start_ms, word.end_ms, word.probability)
        for cue in result.cues
        for word in cue.words
    ],
    ScreenText: lambda result: [
        Found(span.text, span.start_ms, span.end_ms, span.confidence) for span in result.spans
    ],
    Sounds: lambda result: [
        Found(event.label, event.start_ms, event.end_ms, event.score) for event in result.events
    ],
    Speakers: lambda result: [
        Found(str(turn.speaker), turn.start_ms, turn.end_ms, turn.confidence)
        for turn in result.turns
    ],
    Nudity: lambda result: [
        Found("nudity", span.start_ms, span.end_ms, span.score) for span in result.spans
    ],
    Faces: lambda result: _tracks(result),
    Objects: lambda result: _tracks(result),
}
"""What models find, by result; other stages do not ask what they compute on."""


class Analysis:
    """Runs every stage of `full` on the sample, as settings and machine say, one after another."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "a" / "source"
        self.source.parent.mkdir(parents=True)
        shutil.copy(SAMPLE, self.source)
        self._folder = folder
        self._kept: dict[str, str] = {}
        self._children = Children()
        self.ends: dict[str, tuple[str, str]] = {}
        self.found: dict[type, list[Found]] = {}

    def run(self) -> "Analysis":
        try:
            for step in plan(registry.profile("full"), checksum=""):
                self._run(step.stage)
        finally:
            self._children.discard_all()
        return self

    def _run(self, stage: Stage) -> None:
        if any(kind.__name__ not in self._kept for kind in stage.needs):
            self.ends[stage.name] = ("skipped", "upstream_failed")
            return
        workdir = self.source.parent / stage.name
        workdir.mkdir()
        kind = kind_of(stage)
        child = self._children.get(kind, self._allowance())
        child.send(self._request(stage, workdir))
        ended = None
        while ended is None:
            replies = child.replies(timeout_s=PATIENCE_S)
            assert replies, f"{stage.name} tells nothing"
            ended = next((reply for reply in replies if isinstance(reply, Ended)), None)
        self.ends[stage.name] = (ended.outcome, ended.code)
        if ended.outcome == "succeeded":
            self._kept[stage.produces.__name__] = str(workdir)
            if findings := _FOUND.get(stage.produces):
                self.found[stage.produces] = findings(results.load(stage.produces, workdir))

    def _allowance(self) -> Allowance:
        return Allowance(
            memory_mb=settings.PIPELINE_CHILD_MEMORY_MB,
            file_mb=1024,
            roots=(self._folder, settings.MODELS_DIR),
            devices=device.gpus(),
        )

    def _request(self, stage: Stage, workdir: Path) -> Request:
        return Request(
            stage=f"{type(stage).__module__}.{type(stage).__qualname__}",
            parameters=registry.parameters(stage),
            source=str(self.source),
            source_url="",
            workdir=str(workdir),
            partial="",
            models_dir=str(settings.MODELS_DIR),
            threads=2,
            device=device.device_of(stage),
            limits=Limits(),
            cpu_s=3600,
            upstream=self._kept,
        )


def _tracks(result: Any) -> list[Found]:
    return [Found(one.label, one.start_ms, one.end_ms, one.confidence) for one in result.tracks]


def pairs(these: list[Found], those: list[Found]) -> list[tuple[Found, Found]]:
    """Return each of `these` that `those` has, too, with the first of them that is left."""
    left, paired = list(those), []
    for one in these:
        for other in left:
            near = abs(one.start_ms - other.start_ms), abs(one.end_ms - other.end_ms)
            if one.what == other.what and max(near) <= _NEAR_MS:
                paired.append((one, other))
                left.remove(other)
                break
    return paired


def differences(one: Analysis, other: Analysis) -> list[str]:
    """Return where two analyses of the same video differ, a sentence each; empty: they agree."""
    told = [
        f"{name} ended {end} and {other.ends[name]}"
        for name, end in one.ends.items()
        if end != other.ends[name]
    ]
    for kind in one.found.keys() & other.found.keys():
        these, those = one.found[kind], other.found[kind]
        same = pairs(these, those)
        if len(same) < _ALIKE * max(len(these), len(those)):
            told.append(f"{kind.__name__}: {len(same)} of {len(these)} and {len(those)} are alike")
        apart = sum(abs(a.score - b.score) for a, b in same) / max(len(same), 1)
        if apart > _CLOSE:
            told.append(f"{kind.__name__}: scores are {apart:.3f} apart")
    return told


class TestSample:
    def test_is_found_to_hold_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "PIPELINE_DEVICE", "cpu")
        processor = Analysis(tmp_path / "cpu").run()
        monkeypatch.setattr(settings, "PIPELINE_DEVICE", "cuda")

        gpu = Analysis(tmp_path / "cuda").run()

        assert gpu.found[Transcript] and gpu.found[ScreenText]
        assert differences(processor, gpu) == []

    def test_computes_on_the_gpu(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "PIPELINE_DEVICE", "auto")

        found = device.tried()

        assert (found.graphs, found.speech) == ("cuda", "cuda")
