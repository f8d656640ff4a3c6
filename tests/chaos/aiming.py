"""Aims the kills: `python -m tests.chaos.aiming URL SEED ROUNDS STAGES`, environment prepared."""

import os
import random
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

import django
import psutil

django.setup()

from django import db
from django.core.management import call_command

from pipeline import registry, store
from pipeline.contract import SplitStage
from pipeline.fleet import Fleet, crew
from pipeline.models import PipelineRun, StageRun
from tests.chaos.compared import Snapshot, differences, snapshot
from tests.chaos.held import HELD, MOMENTS, hold, joining
from tests.throwaway import command_of
from videos.models import Cue, Video, Workspace
from videos.services import (
    SubtitleFile,
    proxy_request,
    redaction_request,
    transcript_import,
    video_fetch,
)

VICTIMS = ("child", "worker", "cluster")

_COPIES, _IMPORT = {"make_proxy", "redact"}, {"read_subtitles"}
# Without any progress: a machine that has much else to do is slow, and that is no fault.
_PATIENCE_S = 600
_LONGEST_PAUSE_S = 0.3
_SUBTITLES = b"""1
00:00:00,400 --> 00:00:03,400
A rocket waits on the launch pad in the evening.

2
00:00:04,400 --> 00:00:08,600
This astronaut commanded a mission of the Space Shuttle.
"""


class Aim:
    """Kills the victim of each stage that is held, once; `victims` by what is held."""

    def __init__(self, victims: Mapping[str, str], rng: random.Random) -> None:
        self._victims = victims
        self._rng = rng
        self.holds: dict[str, Path] = {}
        """By what is held."""
        self.hit: dict[str, str] = {}
        """The victim, by what was held."""

    def at(self, names: Iterable[str]) -> None:
        """Hold these stages, each at one of its moments, from now on."""
        for name in sorted(self._victims.keys() & set(names)):
            self.holds[name] = hold(Path(os.environ["HOLDS"]), name, self._rng.choice(MOMENTS))
            self.holds[name].touch()

    def strike(self, video: Video) -> None:
        """Kill for whatever of the video is held now."""
        for mark in store.artefacts_dir(video.id).glob(f"*/{HELD}"):
            try:
                name, pid = mark.read_text().split()
                held = psutil.Process(int(pid))
                if name in self.hit or "pipeline.child" not in command_of(held):
                    continue  # what the dead left, and nobody has removed yet
                time.sleep(self._rng.uniform(0, _LONGEST_PAUSE_S))
                _kill(self._victims[name], held)
            except (FileNotFoundError, ValueError, ProcessLookupError, psutil.NoSuchProcess):
                continue  # just being written, or its cluster went for another's sake
            self.hit[name] = self._victims[name]
            self.holds[name].unlink()
            print(f"  {self.hit[name]} of {self.holds[name].name}", flush=True)


def _kill(victim: str, held: psutil.Process) -> None:
    if victim == "child":
        held.kill()
        return
    # Of ours alone: where the worker has just gone, what held has for a parent is nobody's to kill.
    worker = next((p for p in held.parents() if "work" in command_of(p)), None)
    if worker is None:
        raise psutil.NoSuchProcess(held.pid)
    if victim == "worker":
        worker.kill()
    else:
        os.killpg(os.getpgid(worker.pid), signal.SIGKILL)


def victims(round_: int) -> dict[str, str]:
    """Return whom to kill at every stage, and at what joins parts: in three rounds each of them."""
    stages = registry.stages()
    joined = [joining(stage.name) for stage in stages if isinstance(stage, SplitStage)]
    names = [*(stage.name for stage in stages), *joined]
    return {name: VICTIMS[(place + round_) % 3] for place, name in enumerate(names)}


def lived(url: str, fleet: Fleet, aim: Aim, stages: Set[str]) -> tuple[Video, dict[str, Snapshot]]:
    """Take a video through what the server does with one, as far as `stages` matter, while `aim`
    strikes at these.

    Return what it was like after each phase.
    """
    slug = f"life-{Workspace.objects.count()}"  # of its own: no result is another video's
    workspace = Workspace.objects.create(slug=slug, name=slug)
    aim.at(stages - _COPIES - _IMPORT)
    video = video_fetch(workspace=workspace, source_url=url, profile="full")
    _until_ended(video, fleet, aim)
    phases = {"analysis": snapshot(video)}
    video = Video.objects.get(id=video.id)
    if stages & _COPIES:
        aim.at(stages & _COPIES)
        cues = Cue.objects.filter(video=video).order_by("start_ms")[:1]
        proxy_request(video=video)
        redaction_request(video=video, faces=True, mute=[cue.id for cue in cues], beep=True)
        _until_ended(video, fleet, aim)
        phases["copies"] = snapshot(video)
    if stages & _IMPORT:
        aim.at(stages & _IMPORT)
        transcript_import(video=video, file=SubtitleFile("talk.srt", _SUBTITLES))
        _until_ended(video, fleet, aim)
        phases["import"] = snapshot(video)
    return video, phases


def complaints(
    unharmed: dict[str, Snapshot], video: Video, harmed: dict[str, Snapshot], aim: Aim
) -> list[str]:
    """Return what is wrong with the video that was harmed, a sentence each."""
    found = [
        f"{phase}: {wrong}"
        for phase, wanted in unharmed.items()
        for wrong in differences(wanted, harmed[phase])
    ]
    found += [f"nobody was at {name}" for name in aim.holds.keys() - aim.hit.keys()]
    for name, victim in aim.hit.items():
        rows = StageRun.objects.filter(run__video=video, name=name.removesuffix("-join"))
        # What joins is the stage's own row, and what is joined has others.
        parts = rows.filter(shard__gt=0)
        if name.endswith("-join") and not parts:
            found.append(f"{name} had nothing to join: no part was tried")
            continue
        rows = parts if parts and not name.endswith("-join") else rows.filter(shard=0)
        counts = [(row.attempt, row.losses) for row in rows if not row.reused]
        # The child's death is an attempt; its worker's is none, and counts for itself.
        attempts, losses = max(n for n, _ in counts), max(n for _, n in counts)
        if victim == "child" and attempts != 2:
            found.append(f"{name}'s child was killed once, and it counts {attempts} attempts")
        if victim != "child" and (attempts, losses > 0) != (1, True):
            found.append(f"{name}'s {victim} was killed: {attempts} attempts, {losses} losses")
    return found


def _until_ended(video: Video, fleet: Fleet, aim: Aim) -> None:
    opened = StageRun.objects.filter(run__video=video, run__status="ACTIVE")
    known: list[Any] = []
    while PipelineRun.objects.filter(video=video, status="ACTIVE").exists():
        now = list(opened.order_by("id").values_list("id", "status", "progress", "attempt"))
        if now != known:
            known, late_at = now, time.monotonic() + _PATIENCE_S
        elif time.monotonic() > late_at:
            for stage in opened:
                print(f"left: {stage} {stage.status} {stage.attempt} {stage.reason}")
            raise TimeoutError("the video does not end")
        aim.strike(video)
        fleet.tend()
        time.sleep(0.05)


def main(url: str, seed: str, rounds: str, stages: str) -> int:
    """Return the exit code: 0 if nothing was wrong."""
    rng = random.Random(int(seed))
    only = set(filter(None, stages.split(","))) or victims(0).keys()
    Path(os.environ["HOLDS"]).mkdir()
    call_command("migrate", verbosity=0, interactive=False)
    found: list[str] = []
    with Fleet(crew(sweep_every_s=1), quiet=True) as fleet:
        began = time.monotonic()
        _, unharmed = lived(url, fleet, Aim({}, rng), only)
        print(f"unharmed in {time.monotonic() - began:.0f} s", flush=True)
        for round_ in map(int, rounds.split(",")):
            began, aim = time.monotonic(), Aim(victims(round_), rng)
            wrong = complaints(unharmed, *lived(url, fleet, aim, only), aim)
            told = [f"{len(aim.hit)} kills in {time.monotonic() - began:.0f} s", *wrong]
            print("\n".join(told), flush=True)
            found += wrong
    db.connections.close_all()
    print("what is wrong stands above" if found else "everything was found once, all the same")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
