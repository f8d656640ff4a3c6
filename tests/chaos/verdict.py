"""What must hold after any night, whatever happened in it."""

from collections.abc import Iterator
from typing import Any

from pipeline import results, store
from pipeline.contract import Stage, result_type
from pipeline.models import PipelineRun, StageRun
from tests.chaos import stages
from videos.models import Shot, Video

_STAGES: tuple[type[Stage], ...] = (stages.Open, stages.Cut, stages.Listen, stages.Join)
# By stage and part; a stage that is not divided, or joins its parts, is 0.
_PRODUCES: dict[tuple[str, int], Any] = {
    (stage.name, shard): result_type(stage, shard)
    for stage in _STAGES
    for shard in range(stages.PARTS + 1 if stage is stages.Listen else 1)
}
_POISONED: dict[str, dict[tuple[str, int], str]] = {
    "poison": {("cut", 0): "FAILED"},
    "poison_part": {("listen", 2): "FAILED", ("listen", 0): "SKIPPED", ("join", 0): "SKIPPED"},
}
_SHOTS = 3


def complaints(expected: int) -> list[str]:
    """Return what is wrong, a sentence each; `expected` videos were taken in."""
    videos = list(Video.objects.order_by("created_at"))
    found = [] if len(videos) == expected else [f"{len(videos)} videos of {expected} are there"]
    for video in videos:
        found += [f"{video.filename} {video.id}: {wrong}" for wrong in _of_video(video)]
    folders = {path.name for path in store.videos_dir().iterdir()}
    found += [f"a folder of no video: {name}" for name in folders - {str(v.id) for v in videos}]
    found += [f"left in incoming: {path.name}" for path in store.incoming_dir().iterdir()]
    return found


def _of_video(video: Video) -> Iterator[str]:
    poisoned = _POISONED.get(video.filename.removesuffix(".mp4"), {})
    rows = {(row.name, row.shard): row for row in StageRun.objects.filter(run__video=video)}
    states = {name: (row.status, row.attempt, row.losses) for name, row in rows.items()}
    if video.status != ("FAILED" if poisoned else "COMPLETED"):
        yield f"is {video.status}, {video.status_reason}, {states}"
        return
    if rows.keys() != _PRODUCES.keys():
        yield f"has the stages {sorted(rows)}"
    if PipelineRun.objects.filter(video=video).count() != 1:
        yield "has another number of runs than one"
    wanted = dict.fromkeys(_PRODUCES, "SUCCEEDED") | poisoned
    if (statuses := {name: row.status for name, row in rows.items()}) != wanted:
        yield f"its stages are {statuses}"
    if poisoned and (video.status_reason or {}).get("code") != "worker_crashed":
        yield f"its reason is {video.status_reason}"
    if Shot.objects.filter(video=video).count() != (0 if ("cut", 0) in poisoned else _SHOTS):
        yield "has lost or doubled shots"
    yield from _of_files(video, list(rows.values()))


def _of_files(video: Video, rows: list[StageRun]) -> Iterator[str]:
    named = {row.artefact for row in rows if row.status == "SUCCEEDED"}
    there = {store.relative(path) for path in store.video_dir(video.id).glob("artefacts/*")}
    if there != named:
        yield f"files without a row {sorted(there - named)}, rows without {sorted(named - there)}"
    for row in rows:
        if row.artefact and row.artefact in there:
            results.load(_PRODUCES[row.name, row.shard], store.absolute(row.artefact))
