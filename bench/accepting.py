"""Uploads of 1 MB: beside another framework, and beside themselves on a busy server."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psutil
from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from bench.figures import Figure, p50_p95
from bench.queue import submit
from pipeline.fleet import Fleet
from pipeline.models import PipelineRun, StageRun
from tests import throwaway
from videointel.settings.env import VAR_DIR
from videos.models import Video
from videos.services.accounts import owner_ensure

_FLEET = {"web": ["web"], "workers": ["work"], "sweeper": ["sweep", "--every", "10"]}
_FILENAME = "one.mp4"
_UPLOADS = 40
_QUEUED = 10_000
_PATIENCE_S = 240
_CLIENTS = (8, 32)
# Turn by turn, so that a disturbance hits both.
_ROUNDS = 4
_UPLOADS_A_ROUND = 64
_PEERS = {"whole": "the same work in FastAPI", "small": "two rows in FastAPI"}


@dataclass(frozen=True)
class _Server:
    """Somebody who takes uploads in."""

    name: str
    upload: Callable[..., float]
    process: psutil.Process

    def processor_ms(self) -> float:
        """Return what its processes have taken of the processor, the system's part included."""
        tree = [self.process, *self.process.children(recursive=True)]
        return 1000 * sum(sum(one.cpu_times()[:2]) for one in tree)


@dataclass
class _Taken:
    """What some uploads took at a server."""

    latencies_ms: list[float] = field(default_factory=list)
    processor_ms: float = 0.0


def beside_the_peers() -> list[Figure]:
    """Latency at several clients that send one after another, against FastAPI.

    Its `whole` peer does the same work as we do, `small` less of it: see `bench.peer`.
    """
    figures = []
    upload = partial(_upload, settings.PORT, "/api/v1/videos", owner_ensure().token)
    with Fleet({"web": ["web"]}, quiet=True), _peer("whole") as whole, _peer("small") as small:
        upload(patience_s=30)
        ours = _Server("ours", upload, _started("granian"))
        for clients in _CLIENTS:
            for server in (ours, whole, small):  # each of its threads connects to the database
                _together(server, clients, _Taken())
            taken = {server.name: _Taken() for server in (ours, whole, small)}
            for _ in range(_ROUNDS):
                for server in (ours, whole, small):
                    _together(server, clients, taken[server.name])
            for peer, aim in ((whole, "≤ 1"), (small, "")):
                figures += _compared(clients, taken["ours"], peer.name, taken[peer.name], aim)
    Video.objects.filter(filename=_FILENAME).delete()  # of stages that no other section has
    return figures


def _compared(clients: int, ours: _Taken, peer: str, theirs: _Taken, aim: str) -> list[Figure]:
    what = f"accept a 1 MB upload, {clients} clients"
    both = zip(p50_p95(ours.latencies_ms), p50_p95(theirs.latencies_ms), strict=True)
    figures = [
        Figure(f"{what}, {name}", f"{o:.0f} ms", f"{peer} {t:.0f} ms", o / t, aim)
        for name, (o, t) in zip(("p50", "p95"), both, strict=True)
    ]
    count = len(ours.latencies_ms)
    o, t = ours.processor_ms / count, theirs.processor_ms / count
    told = f"{what}, the server's processor time", f"{o:.1f} ms", f"{peer} {t:.1f} ms"
    return [*figures, Figure(*told, o / t, "")]


def while_busy() -> list[Figure]:
    """Latency with nothing to do, against 10,000 queued stages and busy workers."""
    upload = partial(_upload, settings.PORT, "/api/v1/videos", owner_ensure().token)
    with Fleet(_FLEET, quiet=True):
        upload(patience_s=30)
        _drain()
        idle = p50_p95([upload() for _ in range(_UPLOADS)])
        _drain()
        _queue_up(_QUEUED)
        for _ in range(20):
            submit(compute_s=30)
        time.sleep(3)
        busy = p50_p95([upload() for _ in range(_UPLOADS)])
        if StageRun.objects.filter(status="RUNNING").count() < settings.PIPELINE_WORKERS:
            raise RuntimeError("the workers were not busy")
    what = "accept a 1 MB upload, 10,000 stages queued and workers computing"
    return [
        Figure(f"{what}, {name}", f"{b:.0f} ms", f"idle {i:.0f} ms", b / i, "≤ 1.3")
        for name, i, b in zip(("p50", "p95"), idle, busy, strict=True)
    ]


@contextmanager
def _peer(kind: str) -> Iterator[_Server]:
    """Run a peer beside the server, at its database."""
    known: dict[str, Any] = {**connection.get_connection_params()}
    names = ("host", "port", "user", "password", "dbname")
    dsn = make_conninfo(**{name: known[name] for name in names if name in known})
    port = throwaway.free_port()
    with TemporaryDirectory(dir=VAR_DIR) as folder:
        environment = os.environ | {"PEER_DSN": dsn, "PEER_FOLDER": folder}
        module = f"bench.peer.{kind}"
        run = partial(subprocess.run, env=environment, cwd=throwaway.ROOT, check=True)
        run([sys.executable, "-c", f"from {module} import prepare; prepare()"])
        command = [sys.executable, "-m", "uvicorn", "--log-level", "error", "--port", str(port)]
        server = subprocess.Popen([*command, f"{module}:app"], env=environment, cwd=throwaway.ROOT)
        try:
            upload = partial(_upload, port, "/videos", "peer")
            upload(patience_s=30)
            yield _Server(_PEERS[kind], upload, psutil.Process(server.pid))
        finally:
            server.terminate()
            server.wait()


def _started(program: str) -> psutil.Process:
    """Return the process of ours that runs a program."""
    children = psutil.Process().children()
    return next(one for one in children if program in one.cmdline())


def _together(server: _Server, clients: int, taken: _Taken) -> None:
    before_ms = server.processor_ms()
    with ThreadPoolExecutor(clients) as pool:
        count = max(_UPLOADS_A_ROUND, 2 * clients)
        taken.latencies_ms += pool.map(lambda _: server.upload(), range(count))
    taken.processor_ms += server.processor_ms() - before_ms


def _upload(port: int, path: str, token: str, patience_s: float = 0) -> float:
    """Send one and return how long the answer took, ms, connection included."""
    boundary = uuid4().hex
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; "
        f'name="file"; filename="{_FILENAME}"\r\nContent-Type: video/mp4\r\n\r\n'
    )
    told = b'{"sleep_s": 0, "unique": "%s"}' % boundary.encode()
    body = head.encode() + told.ljust(1_000_000) + f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    late_at = time.monotonic() + patience_s
    while True:
        http = HTTPConnection("127.0.0.1", port, timeout=30)
        began = time.perf_counter()
        with suppress(ConnectionRefusedError):
            http.request("POST", path, body, headers)
            answer = http.getresponse()
            answer.read()
            http.close()
            if answer.status != 202:
                raise RuntimeError(f"the upload was answered with {answer.status}")
            return (time.perf_counter() - began) * 1000
        if time.monotonic() > late_at:
            raise TimeoutError("the web server does not answer")
        time.sleep(0.2)


def _drain() -> None:
    late_at = time.monotonic() + _PATIENCE_S
    while PipelineRun.objects.filter(status="ACTIVE").exists():
        if time.monotonic() > late_at:
            raise TimeoutError("the workers do not come to an end")
        time.sleep(0.1)


def _queue_up(count: int) -> None:
    """Insert ready stages of as many videos, without a file and a message each."""
    pattern: Any = StageRun.objects.filter(name="work").first()
    videos = [
        Video(
            workspace_id=pattern.run.video.workspace_id,
            title="queued",
            filename="queued.mp4",
            size_bytes=1,
            checksum_sha256=uuid4().hex * 2,
        )
        for _ in range(count)
    ]
    Video.objects.bulk_create(videos, batch_size=1000)
    runs = [PipelineRun(video=video) for video in videos]
    PipelineRun.objects.bulk_create(runs, batch_size=1000)
    stages = [
        StageRun(
            run=run,
            name=pattern.name,
            position=0,
            version=pattern.version,
            parameters=pattern.parameters,
            fingerprint=uuid4().hex * 2,
            status="QUEUED",
            queued_at=timezone.now(),
            priority=0,
        )
        for run in runs
    ]
    StageRun.objects.bulk_create(stages, batch_size=1000)
