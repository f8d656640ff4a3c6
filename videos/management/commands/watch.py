import logging
import os
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django import db
from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError

from videos.management.arguments import language
from videos.models import Video
from videos.selectors import workspace_for
from videos.services.watching import Watcher

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Analyse every file that is put into a folder, once, and move it to done/ or failed/ there. "
        "Example: manage.py watch /srv/inbox --profile fast"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--done", type=Path, metavar="FOLDER", help="default: done in it")
        parser.add_argument("--failed", type=Path, metavar="FOLDER", help="default: failed in it")
        parser.add_argument(
            "--every", type=float, default=5, metavar="S", help="seconds between looks; default: 5"
        )
        parser.add_argument("--profile", choices=Video.Profile.values, default="standard")
        parser.add_argument(
            "--language", type=language, default="", metavar="xx", help="what is spoken"
        )

    def handle(self, *args: Any, folder: Path, every: float, **options: Any) -> None:
        folder = folder.resolve()
        watcher = Watcher(
            folder=folder,
            done=(options["done"] or folder / "done").resolve(),
            failed=(options["failed"] or folder / "failed").resolve(),
            workspace=workspace_for(AnonymousUser()),
            values={name: options[name] for name in ("profile", "language")},
        )
        _check(watcher)
        # The kernel sends it where somebody opens a file at the instant in which we look whether
        # anybody has.
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        while True:
            try:
                watcher.look()
            except (db.OperationalError, db.InterfaceError) as error:
                logger.warning("no database to put files in: %s", error)
                db.close_old_connections()
            except OSError as error:
                logger.warning("%s cannot be looked into: %s", folder, error)
            time.sleep(every)


def _check(watcher: Watcher) -> None:
    if not watcher.folder.is_dir():
        raise CommandError(f"There is no folder {watcher.folder}: name one on this machine.")
    for place in (watcher.folder, watcher.done, watcher.failed):
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"{place} cannot be made: {error.strerror}.") from error
        if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
            raise CommandError(f"{place} is not ours to move files in: change its owner or mode.")
