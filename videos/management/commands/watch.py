import logging
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django import db
from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError

from videos.management.arguments import HEARING, add_hearing, given
from videos.models import Video
from videos.selectors import workspace_for
from videos.services.watching import PlaceUnusable, Watcher, place_at

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Analyse every file that is put into a folder or a bucket, once, and move it to done/ or "
        "failed/ there. Examples: manage.py watch /srv/inbox --profile fast; "
        "manage.py watch s3://my-bucket/inbox/"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER|s3://BUCKET/PREFIX/")
        parser.add_argument("--done", metavar="FOLDER", help="default: done in it")
        parser.add_argument("--failed", metavar="FOLDER", help="default: failed in it")
        parser.add_argument(
            "--every", type=float, default=5, metavar="S", help="seconds between looks; default: 5"
        )
        parser.add_argument("--profile", choices=Video.Profile.values, default="standard")
        add_hearing(parser)

    def handle(self, *args: Any, folder: str, every: float, **options: Any) -> None:
        try:
            place = place_at(folder, done=options["done"], failed=options["failed"])
            place.prepare()
        except PlaceUnusable as error:
            raise CommandError(str(error)) from error
        watcher = Watcher(
            place,
            workspace=workspace_for(AnonymousUser()),
            values=given(options, ("profile", *HEARING)),
        )
        # The kernel sends it where somebody opens a file at the instant in which we look whether
        # anybody has.
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        said = ""
        while True:
            trouble = _look(watcher)
            if trouble and trouble != said:
                logger.warning("%s. Trying again every %g s.", trouble.rstrip("."), every)
            elif said and not trouble:
                logger.warning("%s is looked into again.", place.address)
            said = trouble
            time.sleep(every)


def _look(watcher: Watcher) -> str:
    """Look once; return what was in the way, if anything, so that it is said once."""
    try:
        watcher.look()
    except (db.OperationalError, db.InterfaceError) as error:
        db.close_old_connections()
        return f"no database to put files in: {error}".strip()
    except OSError as error:
        return f"{watcher.place.address} cannot be looked into: {error}"
    return ""
