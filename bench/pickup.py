"""How long what is ready waits for an idle worker: ours, and procrastinate's on the same PostgreSQL.

Both are told by the database's clock, from the transaction that made it ready to the one that took
it. Workers are processes of their own, two at once.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from django.db import connection
from procrastinate import SyncPsycopgConnector
from psycopg.conninfo import make_conninfo

from bench.figures import p50_p95
from bench.jobs import app, nothing
from bench.queue import FLEET, await_ended, submit
from pipeline.fleet import Fleet
from pipeline.models import StageRun

_COUNT = 40
_PEER = "bench_procrastinate"
_WAITS_S = """
SELECT extract(epoch FROM started.at - deferred.at)::float8
FROM procrastinate_events deferred JOIN procrastinate_events started USING (job_id)
WHERE deferred.type = 'deferred' AND started.type = 'started' ORDER BY job_id
"""
_PATIENCE_S = 30


def ours() -> dict[str, float]:
    """Return p50 and p95, ms, of stages under the broker that `Q_BROKER` names."""
    with Fleet(FLEET, quiet=True):
        await_ended([submit(sleep_s=0)])
        waits_s = []
        for number in range(_COUNT):
            video = submit(sleep_s=0)
            await_ended([video])
            stage: Any = StageRun.objects.get(run__video=video)
            waits_s.append((stage.started_at - stage.queued_at) / timedelta(seconds=1))
            _pause(number)
    return _told(waits_s)


def procrastinate() -> dict[str, float]:
    """Return p50 and p95, ms, of procrastinate's jobs."""
    conninfo = _new_database()
    with (
        app.replace_connector(SyncPsycopgConnector(conninfo=conninfo)) as deferring,
        deferring.open(),
        psycopg.connect(conninfo, autocommit=True) as watching,
    ):
        deferring.schema_manager.apply_schema()
        with _worker(conninfo):
            for number in range(_COUNT + 1):
                nothing.defer()
                _await(watching, number + 1)
                _pause(number)
            waits_s = [wait_s for (wait_s,) in watching.execute(_WAITS_S)]
    return _told(waits_s[1:])  # the first waited for the worker's start


def _new_database() -> str:
    """Return how to connect to a database of the peer's own."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {_PEER} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {_PEER}")
    known: dict[str, Any] = {**connection.get_connection_params()}
    place = {key: known[key] for key in ("host", "port", "user", "password") if known.get(key)}
    return make_conninfo(**place, dbname=_PEER)


@contextmanager
def _worker(conninfo: str) -> Iterator[None]:
    worker = subprocess.Popen(
        [sys.executable, "-m", "procrastinate", "--app=bench.jobs.app", "worker", "-c", "2"],
        env=os.environ | {"PEER_CONNINFO": conninfo},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait()


def _await(watching: "psycopg.Connection[Any]", count: int) -> None:
    late_at = time.monotonic() + _PATIENCE_S
    while len(watching.execute(_WAITS_S).fetchall()) < count:
        if time.monotonic() > late_at:
            raise TimeoutError("procrastinate's worker does not take its jobs")
        time.sleep(0.05)


def _pause(number: int) -> None:
    time.sleep(0.05 + 0.01 * (number % 10))  # out of step with any polling


def _told(waits_s: list[float]) -> dict[str, float]:
    p50, p95 = p50_p95([wait_s * 1000 for wait_s in waits_s])
    return {"p50": p50, "p95": p95}
