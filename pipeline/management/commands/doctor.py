import json
import os
import shutil
from argparse import ArgumentParser
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from redis import RedisError

from pipeline import device, sandbox, store
from pipeline.engines import catalogue
from pipeline.engines.catalogue import Model
from pipeline.errors import PipelineError
from pipeline.llm.client import InvalidReply, Prompt, complete
from pipeline.selectors import model_users, unserved_queues
from pipeline.supervisor import ChildDied
from videointel.settings.machine import machine
from videos.selectors import llm_server

_ENOUGH_BYTES = 5_000_000_000
_MOST_SKEW_S = 60.0
_LLM_PATIENCE_S = 20.0
_NEEDED = ("nvidiactl", "nvidia-uvm")
_GPU_MENDS = {
    "files": "Install NVIDIA's driver, in a container let it have the GPU, or set PIPELINE_DEVICE to cpu.",
    "absent": "Run as root, at each start of the machine: nvidia-modprobe -u -c 0",
    "shut": "Add the workers' user to the group that these files belong to.",
    "libraries": "Run: make install-gpu (build an image with GPU=1), with NVIDIA's driver 525 or later; or set PIPELINE_DEVICE to cpu.",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `mend` is empty where all is well."""

    what: str
    state: str
    mend: str = ""
    optional: bool = False
    """Nothing is wrong without it."""


class Command(BaseCommand):
    help = "Say what is missing or misconfigured, and how to mend it. Example: manage.py doctor"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [
            *_settings(),
            _memory(),
            *_database(),
            *_storage(),
            *_bucket(),
            *_models(),
            _device(),
            _language_model(),
            _sandbox(),
        ]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings]))
        else:
            for finding in findings:
                mark = "–" if finding.optional else "✗" if finding.mend else "✓"
                self.stdout.write(_plain(f"{mark} {finding.what}: {finding.state}"))
                if finding.mend:
                    self.stdout.write(_plain(f"  → {finding.mend}"))
        if any(finding.mend and not finding.optional for finding in findings):
            raise CommandError("Something wants mending: see the arrows above.")


def _plain(text: str) -> str:
    """Return a sentence as a terminal shows it: what is to be typed stands without backticks."""
    return text.replace("`", "")


def _settings() -> list[Finding]:
    problems = checks.run_checks()
    if not problems:
        return [Finding("settings", "right")]
    return [
        Finding("settings", str(p.msg), str(p.hint or "Correct the settings.")) for p in problems
    ]


def _memory() -> Finding:
    here = machine()
    share_mb = settings.PIPELINE_CHILD_MEMORY_MB
    state = (
        f"{settings.PIPELINE_WORKERS} heavy stages at once, up to {share_mb} MiB each, "
        f"of {here.memory_mb} MiB; {here.cores} cores"
    )
    if settings.PIPELINE_WORKERS * share_mb <= here.memory_mb:
        return Finding("memory", state)
    mend = (
        f"Set PIPELINE_WORKERS to {max(1, here.memory_mb // share_mb)}, or "
        f"PIPELINE_CHILD_MEMORY_MB to {here.memory_mb // settings.PIPELINE_WORKERS}."
    )
    return Finding("memory", state, mend)


def _pgvector(version: str | None) -> Finding:
    if version is None:
        return Finding("pgvector", "missing", "Install pgvector 0.8 or later.")
    old = tuple(int(part) for part in version.split(".")[:2]) < (0, 8)
    mend = "Install pgvector 0.8 or later, then run: ALTER EXTENSION vector UPDATE"
    return Finding("pgvector", version, mend if old else "")


def _database() -> list[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('server_version'), "
                "(SELECT coalesce(installed_version, default_version) "
                "FROM pg_available_extensions WHERE name = 'vector')"
            )
            number, version, vector = cursor.fetchone()
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, OSError) as error:
        mend = "Start the server that DATABASE_URL names, or unset it to use the embedded one."
        return [Finding("database", f"not reached: {error}", mend)]
    return [
        Finding(
            "database", f"PostgreSQL {version}", "" if number >= 150000 else "Use 15 or later."
        ),
        _pgvector(vector),
        Finding(
            "migrations",
            f"{len(missing)} not applied" if missing else "applied",
            "Run: python manage.py migrate" if missing else "",
        ),
        *([] if missing else [_workers()]),
    ]


def _workers() -> Finding:
    try:
        cache.get("doctor")
    except DatabaseError as error:
        return Finding("cache", f"not reached: {error}", "Run: python manage.py migrate")
    except RedisError as error:
        mend = "Start the server that REDIS_URL names, or unset it to use the database."
        return Finding("cache", f"not reached: {error}", mend)
    # None at work is no fault: `analyze` starts its own.
    missing = unserved_queues()
    state = f"none for {' and '.join(missing)} (make run starts them)" if missing else "running"
    return Finding("workers", state)


def _storage() -> list[Finding]:
    root = store.root()
    try:
        store.make_root()
        probe = root / ".doctor"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        mend = f"Make {root} writable, or set MEDIA_ROOT to a folder that is."
        return [Finding("storage", f"not writable: {error.strerror}", mend)]
    free = shutil.disk_usage(root).free
    floor = settings.MIN_FREE_BYTES
    mend = f"Free some disk space, or move MEDIA_ROOT: uploads leave MIN_FREE_BYTES={floor} free."
    if free > max(_ENOUGH_BYTES, floor):
        mend = ""
    return [Finding("storage", f"{root}, {free / 1e9:.0f} GB free", mend)]


def _bucket() -> list[Finding]:
    if not settings.S3_BUCKET:
        return []
    from pipeline.store.examination import examine  # its libraries take a while

    try:
        found = examine()
    except OSError as error:
        state, _, mend = str(error.strerror).partition(". ")
        return [Finding("bucket", state, mend or "Look at the settings that begin with S3_.")]
    public = Finding("bucket for clients", "reached")
    if found.public_trouble:
        mend = "Set S3_PUBLIC_ENDPOINT_URL to where browsers reach the bucket."
        public = Finding("bucket for clients", f"not reached: {found.public_trouble}", mend)
    clock = Finding("clock", "with the bucket's")
    if abs(found.ahead_s) > _MOST_SKEW_S:
        mend = "Set it, by NTP for example: at 15 minutes the bucket refuses everything."
        clock = Finding("clock", f"{found.ahead_s:+.0f} s from the bucket's", mend)
    return [Finding("bucket", f"{settings.S3_BUCKET}, writable"), public, clock]


def _models() -> list[Finding]:
    try:
        users = model_users()
    except (ImportError, TypeError):  # told among the settings, as is a model that nobody lists
        return []
    known = catalogue.CATALOGUE
    return [_model(known[name], by) for name, by in users.items() if name in known]


def _model(model: Model, users: list[str]) -> Finding:
    what = f"model {model.name}"
    if catalogue.present(model.name, settings.MODELS_DIR):
        return Finding(what, "there")
    # What `make install` does not bring is the operator's choice.
    state = f"missing: without it {' and '.join(users)} cannot run"
    return Finding(what, state, f"Run: {model.mend}", optional=model.optional)


def _device() -> Finding:
    asked, files = settings.PIPELINE_DEVICE, device.gpus()
    if asked == "cpu":
        return Finding("device", "models compute on cpu")
    if not files:
        none = "this machine has no NVIDIA GPU (no /dev/nvidia0)"
        if asked == "auto":
            return Finding("device", f"models compute on cpu: {none}")
        return Finding("device", f"models cannot compute on cuda: {none}", _GPU_MENDS["files"])
    if absent := [str(path) for path in files if path.name in _NEEDED and not path.exists()]:
        return Finding("device", f"{' and '.join(absent)} missing", _GPU_MENDS["absent"])
    if shut := [str(path) for path in files if path.exists() and not os.access(path, os.R_OK)]:
        return Finding("device", f"{' and '.join(shut)} not ours to open", _GPU_MENDS["shut"])
    try:
        found = device.tried()
    except PipelineError as error:
        why, _, _ = error.message.partition(":")
        return Finding(
            "device", f"models cannot compute on {asked}: {why}", _GPU_MENDS["libraries"]
        )
    except ChildDied as error:
        return Finding("device", f"the process that tried the GPU {error}", _GPU_MENDS["libraries"])
    state = f"graphs compute on {found.graphs}, speech on {found.speech}"
    missed = "cpu" in (found.graphs, found.speech)
    return Finding("device", state, _GPU_MENDS["libraries"] if missed else "", optional=missed)


def _language_model() -> Finding:
    server = llm_server()
    if server is None:
        return Finding("language model", "off: nothing is asked or sent")
    patient = replace(server, timeout_s=min(server.timeout_s, _LLM_PATIENCE_S))
    hello = Prompt("You are being tested.", 'Reply with {"ok": true}.', {"type": "object"}, 20)
    try:
        complete(patient, hello)
    except InvalidReply as error:
        mend = "See that LLM_BASE_URL is the address before /chat/completions, often …/v1."
        return Finding("language model", f"{server.model}: its answer is none, {error}", mend)
    except PipelineError as error:
        state, _, mend = error.message.partition(": ")
        return Finding("language model", f"{server.model}: {state}", mend[:1].upper() + mend[1:])
    return Finding("language model", f"{server.model}, answers at {server.base_url}")


def _sandbox() -> Finding:
    lacks = sandbox.missing()
    if not lacks:
        return Finding("stage process", "confined to its files, without sockets")
    mend = (
        "Run workers on Linux 5.13 or later (x86-64, ARM) with Landlock among the kernel's lsm=, "
        "in a container that refuses neither."
    )
    return Finding("stage process", " ".join(lacks), mend)
