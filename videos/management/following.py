"""Shows an analysis as it goes: a bar a stage in a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pipeline.models import StageRun
from videos.models import Video
from videos.selectors import analysis_stages, video_get

_POLL_S = 0.25
_STYLES = {"SUCCEEDED": "green", "SKIPPED": "yellow", "FAILED": "red", "RUNNING": "cyan"}


def follow(video: Video, *, console: Console, each_time: Callable[[], None]) -> Video:
    """Show the video's analysis until it has ended, and return the video as it is then.

    `each_time` is called at every look, a few times a second.
    """
    view = _Bars(console) if console.is_terminal else _Lines(console)
    with view:
        while True:
            video = video_get(workspace=video.workspace, video_id=video.id)
            view.show(analysis_stages(video))
            if video.status not in Video.OPEN:
                return video
            each_time()
            time.sleep(_POLL_S)


class _Lines:
    """A line whenever the status of a stage, or of a part of it, changes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._known: dict[str, str] = {}

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *failure: object) -> None:
        pass

    def show(self, stages: list[StageRun]) -> None:
        for row in (row for stage in stages for row in (*stage.parts, stage)):
            if self._known.get(str(row)) != row.status:
                self._known[str(row)] = row.status
                if row.status not in (StageRun.Status.WAITING, StageRun.Status.QUEUED):
                    self._console.print(f"{row}: {row.status.lower()}", highlight=False)


class _Bars:
    """A live bar for every stage."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<14}"),
            BarColumn(bar_width=40),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("[{task.fields[style]}]{task.fields[status]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "_Bars":
        self._progress.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._progress.stop()

    def show(self, stages: list[StageRun]) -> None:
        for stage in stages:
            if stage.name not in self._tasks:
                self._tasks[stage.name] = self._progress.add_task(
                    stage.name, start=False, total=1.0, status="", style="dim"
                )
            task = self._tasks[stage.name]
            if stage.begun_at:
                self._progress.start_task(task)
            ended = stage.status in StageRun.ENDED
            done = sum(part.status in StageRun.ENDED for part in stage.parts)
            split = stage.parts and stage.status == StageRun.Status.WAITING
            self._progress.update(
                task,
                completed=1.0 if ended else stage.overall_progress,
                status=f"{done}/{len(stage.parts)} parts" if split else stage.status.lower(),
                style=_STYLES.get("RUNNING" if split else stage.status, "dim"),
            )
            if ended:
                self._progress.stop_task(task)
