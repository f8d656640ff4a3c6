"""The engines beside their peers, in this process: no database."""

import csv
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.figures import Figure
from pipeline.contract import Context, Upstream, VideoInfo
from pipeline.engines import catalogue
from pipeline.results import Shots, Speech
from pipeline.stages.detect_shots import DetectShots
from pipeline.stages.detect_speech import DetectSpeech
from pipeline.stages.extract_audio import ExtractAudio
from pipeline.stages.probe import Probe
from pipeline.stages.sample_frames import SampleFrames
from pipeline.stages.transcribe import Transcribe
from tests import clips
from tests.pipeline.running import run_stages

_SAMPLE = Path(__file__).resolve().parents[1] / "docs" / "sample" / "sample.mp4"
_THREADS = 1
_TOLERANCE_MS = 40
_ROUNDS = 3


def transcribe() -> list[Figure]:
    """Our stages against the engine's own batched call on the same sound, model and threads.

    Turn by turn, and in processor time: other work on the machine then weighs on both alike.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        done = run_stages(_SAMPLE, folder, (Probe(), ExtractAudio()))
        peer = _batched_call(folder, folder / "extract_audio" / "audio.npy")
        rounds = [
            (_cpu_s(partial(_speech, done, folder / f"round-{i}", folder)), _cpu_s(peer))
            for i in range(_ROUNDS)
        ]
    # The first round of ours loads the model.
    ours, theirs = (min(took) for took in zip(*rounds[1:], strict=True))
    against = f"faster-whisper's batched call {theirs:.2f} s"
    what = "transcribe the sample, model loaded, processor time"
    return [Figure(what, f"{ours:.2f} s", against, ours / theirs, "≤ 1.05")]


def shots() -> list[Figure]:
    """F1 of our cuts against those of PySceneDetect's own command, on a clip made here."""
    lengths = [920 + 160 * (i % 7) for i in range(24)]  # whole pictures
    with TemporaryDirectory() as name:
        folder = Path(name)
        clip = folder / "clip.mp4"
        clips.write(clip, clips.shots(lengths))
        truth = clips.cuts(lengths)
        done = run_stages(clip, folder, (Probe(), SampleFrames(), DetectShots()))
        ours = [shot.start_ms for shot in done[Shots].result.shots[1:]]
        theirs = _their_cuts(clip, folder)
    mine, peer = _f1(ours, truth), _f1(theirs, truth)
    what = f"shots, F1 over {len(truth)} drawn hard cuts within {_TOLERANCE_MS} ms"
    return [Figure(what, f"{mine:.3f}", f"scenedetect detect-adaptive {peer:.3f}", mine / peer)]


def _speech(done: dict[type, Upstream], workdir: Path, models: Path) -> None:
    workdir.mkdir()
    context = Context(
        video=VideoInfo(_SAMPLE),
        workdir=workdir,
        models_dir=models,
        threads=_THREADS,
        upstream=done,
        report=lambda _: None,
    )
    found = Upstream(DetectSpeech().run(context), workdir)
    Transcribe().run(replace(context, upstream={**done, Speech: found}))


def _batched_call(models: Path, audio: Path) -> Callable[[], object]:
    import numpy as np
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    stage = Transcribe()
    folder = catalogue.locate(stage.model, models)
    engine: Any = BatchedInferencePipeline(
        WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=_THREADS)
    )
    sound = np.load(audio).astype(np.float32) / 32768

    def call() -> object:
        segments, _ = engine.transcribe(
            sound, beam_size=stage.beam_size, batch_size=stage.batch_size, word_timestamps=True
        )
        return list(segments)

    return call


def _cpu_s(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def _their_cuts(clip: Path, folder: Path) -> list[float]:
    command = [sys.executable, "-m", "scenedetect", "--quiet", "-i", str(clip), "-o", str(folder)]
    listing = ["list-scenes", "--quiet", "--skip-cuts", "--filename", "scenes"]
    subprocess.run([*command, "detect-adaptive", *listing], check=True)
    with (folder / "scenes.csv").open() as file:
        starts = [float(row["Start Time (seconds)"]) * 1000 for row in csv.DictReader(file)]
    return starts[1:]


def _f1(found: Sequence[float], truth: Sequence[float]) -> float:
    left = list(truth)
    hits = 0
    for cut in found:
        near = [real for real in left if abs(real - cut) <= _TOLERANCE_MS]
        if near:
            hits += 1
            left.remove(near[0])
    return 2 * hits / (len(found) + len(truth))
