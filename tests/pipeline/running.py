"""Runs stages one after another, as the pipeline would."""

from pathlib import Path

from pipeline.contract import Context, Stage, Upstream, VideoInfo
from pipeline.results import Signatures, dump, load
from pipeline.stages.detect_shots import DetectShots
from pipeline.stages.probe import Probe
from pipeline.stages.sample_frames import SampleFrames
from pipeline.stages.sign_shots import SignShots


def run_stages(source: Path, folder: Path, stages: tuple[Stage, ...]) -> dict[type, Upstream]:
    """Return what each stage gave and where its files lie, read back from disk."""
    done: dict[type, Upstream] = {}
    for stage in stages:
        workdir = folder / stage.name
        workdir.mkdir()
        context = Context(
            video=VideoInfo(source),
            workdir=workdir,
            models_dir=folder,
            threads=1,
            upstream=done,
            report=lambda _: None,
        )
        dump(stage.run(context), workdir)
        done[stage.produces] = Upstream(load(stage.produces, workdir), workdir)
    return done


def sampled(source: Path, folder: Path) -> dict[type, Upstream]:
    return run_stages(source, folder, (Probe(), SampleFrames()))


def cut_up(source: Path, folder: Path) -> dict[type, Upstream]:
    return run_stages(source, folder, (Probe(), SampleFrames(), DetectShots()))


def signed(source: Path, folder: Path) -> Signatures:
    stages = (Probe(), SampleFrames(), DetectShots(), SignShots())
    found: Signatures = run_stages(source, folder, stages)[Signatures].result
    return found
