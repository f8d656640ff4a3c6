import os
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from pipeline.fleet import Fleet, FleetError, crew
from pipeline.selectors import unserved_queues
from videos.errors import VideosError
from videos.management.arguments import HEARING, add_hearing, given
from videos.management.export import as_json, export
from videos.management.following import follow
from videos.management.report import print_report
from videos.models import Video
from videos.selectors import analysis_stages, workspace_for
from videos.services import admit, blocks, source_check, store_stream, video_create, video_fetch


class Command(BaseCommand):
    help = (
        "Analyse videos, files of this machine or addresses, and print what was found. Uses running "
        "workers or starts its own. "
        "Example: manage.py analyze talk.mp4 --profile fast --json talk.json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sources", nargs="+", metavar="PATH|URL")
        parser.add_argument("--profile", choices=Video.Profile.values, default="standard")
        add_hearing(parser)
        parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it as JSON")

    def handle(self, *args: Any, sources: list[str], **options: Any) -> None:
        if options["json"] and len(sources) > 1:
            raise CommandError("--json takes one video: its file holds one object.")
        if options["json"]:
            _check_target(options["json"])
        for source in sources:
            _check_source(source)
        videos = [self._create(source, options) for source in sources]
        console = Console(width=None if self.stdout.isatty() else 110)
        with _OwnWorkers(videos) as workers:
            try:
                videos = [follow(v, console=console, each_time=workers.ensure) for v in videos]
            except FleetError as error:
                raise CommandError(str(error)) from error
            except Video.DoesNotExist:
                raise CommandError("The video was deleted before its analysis had ended.") from None
        for video in videos:
            print_report(video, console)
        if options["json"]:
            try:
                options["json"].write_text(as_json(export(videos[0])) + "\n")
            except OSError as error:
                raise CommandError(f"{options['json']} cannot be written: {error}.") from error
        failed = sum(video.status != Video.Status.COMPLETED for video in videos)
        console.print("\nIn the console: make run", highlight=False)
        if failed:
            raise CommandError(f"{failed} of {len(videos)} videos could not be analysed whole.")

    def _create(self, source: str, options: dict[str, Any]) -> Video:
        values = given(options, ("profile", *HEARING)) | {
            "workspace": workspace_for(AnonymousUser())
        }
        try:
            if _is_url(source):
                return video_fetch(source_url=source, **values)
            return _take(Path(source), values)
        except VideosError as error:
            raise CommandError(f"{source}: {error.message}") from error
        except OSError as error:
            raise CommandError(f"{source} cannot be stored: {error}.") from error


def _take(path: Path, values: dict[str, Any]) -> Video:
    admit(workspace=values["workspace"], size_bytes=path.stat().st_size)
    with path.open("rb") as file, store_stream(chunks=blocks(file), filename=path.name) as upload:
        return video_create(upload=upload, **values)


class _OwnWorkers:
    """Workers for as long as this command runs, started when nobody else's are there.

    Only those that the videos use: each cluster that waits in vain took a second to start.
    """

    def __init__(self, videos: list[Video]) -> None:
        self._queues = {stage.queue for video in videos for stage in analysis_stages(video)}
        self._stack = ExitStack()
        self._fleet: Fleet | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def ensure(self) -> None:
        """See to it that somebody works. Others may stop theirs at any time."""
        if self._fleet:
            self._fleet.tend()
        elif self._queues.intersection(unserved_queues()):
            self._fleet = self._stack.enter_context(Fleet(crew(self._queues)))


def _is_url(source: str) -> bool:
    return "://" in source


def _check_source(source: str) -> None:
    if _is_url(source):
        try:
            source_check(source_url=source)
        except VideosError as error:
            raise CommandError(f"{source}: {error.message}") from error
    else:
        _check_path(Path(source))


def _check_path(path: Path) -> None:
    if path.is_dir():
        raise CommandError(f"{path} is a folder: name a video file.")
    if not path.is_file():
        raise CommandError(f"There is no file {path}: name a video on this machine.")
    if not os.access(path, os.R_OK):
        raise CommandError(f"{path} cannot be read: it belongs to somebody else.")
    if not path.stat().st_size:
        raise CommandError(f"{path} is empty: name a video.")


def _check_target(path: Path) -> None:
    place = path if path.exists() else path.parent
    if path.is_dir() or not path.parent.is_dir() or not os.access(place, os.W_OK):
        raise CommandError(f"{path} cannot be written: name a file in a folder of yours.")
