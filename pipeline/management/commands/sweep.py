import json
import logging
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from threading import Thread
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from pipeline.database import TROUBLE, reconnect
from pipeline.services import Recovered, recover, remove_leftovers
from videos.services import forget_answers, uploads_sweep

logger = logging.getLogger(__name__)

_CLEAN_EVERY_S = 600.0


class Command(BaseCommand):
    help = (
        "Recover abandoned work now: stages whose worker died, ready stages nobody was told of, "
        "uploads that were cut off at their last byte or have expired. "
        "Example: manage.py sweep --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, metavar="S", help="go on, every S seconds")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, every: float | None, **options: Any) -> None:
        if every is None:
            self._print(recover(), uploads_sweep(), remove_leftovers(), as_json=options["json"])
            forget_answers()
            return
        # An upload may take minutes to finish, of which a stage whose worker died has none to lose.
        for sweep, pause_s in ((uploads_sweep, every), (_clean, _CLEAN_EVERY_S)):
            Thread(target=_go_on, args=(sweep, pause_s), name=sweep.__name__, daemon=True).start()
        saw_at = time.time()

        def recover_now() -> None:
            nonlocal saw_at
            # By the calendar, which goes on while the machine sleeps.
            _let_workers_renew(unseen_s=time.time() - saw_at - every)
            recover()
            saw_at = time.time()

        _go_on(recover_now, every)

    def _print(self, found: Recovered, uploads: int, removed: int, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(asdict(found) | {"uploads": uploads, "removed": removed}))
        else:
            self.stdout.write(
                f"{found.requeued} stages requeued, {found.failed} failed for good, "
                f"{found.rung} announced again; {found.advanced} stuck runs moved on; "
                f"{uploads} uploads finished or given up, {removed} leftovers on disk removed."
            )


def _let_workers_renew(*, unseen_s: float) -> None:
    """Wait where nobody could renew a lease either: the database was gone, or this machine slept.

    What workers were at meanwhile they still are, and it may be the work of hours. Raises
    `TROUBLE` while the database is not back.
    """
    if unseen_s > settings.PIPELINE_LEASE_S / 2:
        connection.cursor().execute("SELECT 1")
        time.sleep(settings.PIPELINE_LEASE_S)


def _clean() -> None:
    remove_leftovers()
    forget_answers()


def _go_on(sweep: Callable[[], object], pause_s: float) -> NoReturn:
    while True:
        try:
            sweep()
        except TROUBLE as error:
            logger.warning("no database to sweep: %s", error)
            reconnect()
        except OSError as error:
            logger.warning("no storage to sweep: %s", error)
        except Exception:  # whatever it is: nobody else mends, so this goes on
            logger.exception("The sweep failed and is tried again")
        time.sleep(pause_s)
