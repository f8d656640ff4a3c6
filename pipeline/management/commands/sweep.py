import json
import logging
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from threading import Thread
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from pipeline.database import TROUBLE, reconnect
from pipeline.services import Recovered, recover, remove_leftovers
from videos.services import forget_answers, forget_logins, uploads_sweep

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
        seen_at = time.time()
        # An upload may take minutes to finish, of which a stage whose worker died has none to lose.
        for sweep, pause_s in ((uploads_sweep, every), (_clean, _CLEAN_EVERY_S)):
            Thread(target=_go_on, args=(sweep, pause_s), name=sweep.__name__, daemon=True).start()

        def recover_now() -> None:
            nonlocal seen_at
            moment, seen_at = _awake_moment(seen_at, pause_s=every)
            recover(at=moment)

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


def _awake_moment(seen_at: float, *, pause_s: float) -> tuple[datetime, float]:
    """Return a moment, by the database's clock, until which workers could renew their leases.

    And when that was by the calendar here, s: from then on the next `seen_at` counts, so that a
    sleep amid the recovery is noticed, too.

    While the database was gone or this machine slept nobody could, and what workers were at then
    they still are: it may be the work of hours. So where more than the pause went by since
    `seen_at`, they are given the time of a lease. By the calendar, which goes on while the machine
    sleeps, and looked at after the moment was told: who sleeps from here on judges by that moment
    when it wakes. Raises `TROUBLE` while the database is not back.
    """
    while True:
        looked_at = time.time()
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            moment: datetime = cursor.fetchone()[0]
        if time.time() - seen_at - pause_s <= settings.PIPELINE_LEASE_S / 2:
            return moment, looked_at
        seen_at, pause_s = time.time(), settings.PIPELINE_LEASE_S
        time.sleep(pause_s)


def _clean() -> None:
    remove_leftovers()
    forget_answers()
    forget_logins()


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
