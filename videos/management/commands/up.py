import signal
import socket
import threading
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from pipeline.fleet import Fleet, FleetError, check_port, crew
from videos.services.accounts import Owner, owner_ensure

_START_S = 60


class Command(BaseCommand):
    help = (
        "Run the whole server in the foreground: web, workers, sweeper; Ctrl-C stops all of it. "
        "Example: PORT=8080 manage.py up"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sweep-every", type=float, default=10, metavar="S")

    def handle(self, *args: Any, sweep_every: float, **options: Any) -> None:
        try:
            check_port(settings.HOST, settings.PORT)
        except FleetError as error:
            raise CommandError(str(error)) from error
        call_command("migrate", verbosity=0, interactive=False)
        owner = owner_ensure()
        stopped = _stop_on_signals()
        commands = {"web": ["web"]} | crew(sweep_every_s=sweep_every)
        if settings.WATCH_FOLDER:
            commands["watcher"] = ["watch", settings.WATCH_FOLDER]
        with Fleet(commands) as fleet:
            self._await_web(stopped)
            self._greet(owner)
            try:
                while not stopped.wait(1.0):
                    fleet.tend()
            except FleetError as error:
                raise CommandError(str(error)) from error
            self.stderr.write("Stopping…")

    def _await_web(self, stopped: threading.Event) -> None:
        late_at = time.monotonic() + _START_S
        while not stopped.is_set():
            try:
                with socket.create_connection((_host(), settings.PORT), timeout=2):
                    return
            except OSError:
                if time.monotonic() > late_at:
                    raise CommandError(
                        f"The web server did not answer at {_url()}: its messages above say why."
                    ) from None
                stopped.wait(0.2)

    def _greet(self, owner: Owner) -> None:
        self.stdout.write(
            f"\nConsole    {_url()}/\n"
            f"Admin      {_url()}/admin/   user {owner.username}, password in {owner.password_file}\n"
            f"API        {_url()}/api/docs\n"
            f"API token  {owner.token}\n\n"
            "Ctrl-C stops the server."
        )
        self.stdout.flush()


def _host() -> str:
    """Return where we reach the server ourselves."""
    return "127.0.0.1" if settings.HOST in {"0.0.0.0", "::"} else settings.HOST  # noqa: S104  read, not bound


def _url() -> str:
    return f"http://{_host()}:{settings.PORT}"


def _stop_on_signals() -> threading.Event:
    stopped = threading.Event()

    def stop(_signum: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)  # the terminal was closed
    return stopped
