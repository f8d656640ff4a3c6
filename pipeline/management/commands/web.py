import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pipeline.fleet import FleetError, check_port

# The longest that granian knows, and as long as a connection is kept.
_IDLE_S = 600


class Command(BaseCommand):
    help = "Run the web server. Example: PORT=8080 manage.py web"

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_port(settings.HOST, settings.PORT)
        except FleetError as error:
            raise CommandError(str(error)) from error
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi"),
            *("--host", settings.HOST, "--port", str(settings.PORT)),
            *("--workers", str(settings.WEB_WORKERS)),
            *("--blocking-threads", str(settings.WEB_THREADS)),
            # A thread takes its connection to the database with it.
            *("--blocking-threads-idle-timeout", str(_IDLE_S)),
            *("--workers-kill-timeout", "5", "--respawn-failed-workers", "--log-level", "error"),
            "videointel.wsgi:application",
        ]
        # This process becomes granian's first; the others end with it.
        os.execve(sys.executable, command, os.environ | {"WEB_PARENT": str(os.getpid())})
