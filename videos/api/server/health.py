"""Probes for whoever keeps the server running: no login, no details."""

import logging
from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from pipeline import selectors, store
from pipeline.models import StageRun
from pipeline.services.doorbell import announced

logger = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Everything that a video needs is there; else 503, naming what is not."""
    checks = {name: _outcome(name, check) for name, check in _CHECKS.items()}
    ready = all(outcome == "ok" for outcome in checks.values())
    answer = {"status": "ok" if ready else "unavailable", "checks": checks}
    return JsonResponse(answer, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


class _NotThere(Exception):
    """A check's finding, in words for anybody."""


def _outcome(name: str, check: Callable[[], object]) -> str:
    try:
        check()
    except _NotThere as missing:
        return str(missing)
    except Exception:  # a probe tells of any trouble, it has none itself
        logger.warning("The check of %s failed", name, exc_info=True)
        return "It failed; the log says why."
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _queue() -> None:
    announced(StageRun.Queue.CPU)


def _workers() -> None:
    if missing := selectors.unserved_queues():
        queues = " and ".join(missing)
        raise _NotThere(f"No worker serves {queues}. Start one with: python manage.py up")


_CHECKS = {"database": _database, "queue": _queue, "storage": store.check, "workers": _workers}
