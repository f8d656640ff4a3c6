import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run the web server. Example: PORT=8080 manage.py web"

    def handle(self, *args: Any, **options: Any) -> None:
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi"),
            *("--host", settings.HOST, "--port", str(settings.PORT)),
            *("--workers", str(settings.WEB_WORKERS)),
            *("--blocking-threads", str(settings.WEB_THREADS)),
            *("--workers-kill-timeout", "5", "--respawn-failed-workers", "--log-level", "error"),
            "videointel.wsgi:application",
        ]
        os.execv(sys.executable, command)
