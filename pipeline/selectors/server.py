"""What this server can do, and whether anybody does it."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.conf import settings
from django.db import connection

from pipeline import registry
from pipeline.engines import catalogue
from pipeline.engines.catalogue import File, Model
from pipeline.querysets import SERVED

# Every upload asks this: as in `turns`, Django would take longer to put it together.
_SERVED = """
SELECT name FROM pipeline_servedqueue WHERE seen_at > statement_timestamp() - %s
"""


@dataclass(frozen=True)
class ModelFacts:
    """A model of the catalogue, as it is on this machine."""

    name: str
    task: str
    licence: str
    origin: str
    size_bytes: int
    present: bool
    """By the sizes of its files; `manage.py models verify` reads them."""
    mend: str
    """The command that brings it; empty where it is present."""
    files: tuple[File, ...]


@dataclass(frozen=True)
class StageFacts:
    """A stage as it is configured."""

    name: str
    version: int
    needs: tuple[str, ...]
    """Names of the stages without whose result it is skipped."""
    wants: tuple[str, ...]
    """Names of the stages whose results it uses when there."""
    queue: str
    """Where it goes by the settings."""
    parameters: dict[str, Any]
    models: tuple[ModelFacts, ...]
    profiles: tuple[str, ...]


def stage_list() -> list[StageFacts]:
    """Return every stage this server has, in the order of the settings. Loads no engine."""
    maker = {stage.produces: stage.name for stage in registry.stages()}
    return [
        StageFacts(
            name=stage.name,
            version=stage.version,
            needs=tuple(maker[kind] for kind in stage.needs),
            wants=tuple(maker[kind] for kind in stage.wants if kind in maker),
            queue=registry.queue(stage),
            parameters=registry.parameters(stage),
            models=tuple(_facts(catalogue.CATALOGUE[name]) for name in stage.models),
            profiles=tuple(
                name for name, chosen in settings.PIPELINE_PROFILES.items() if stage.name in chosen
            ),
        )
        for stage in registry.stages()
    ]


def model_list() -> list[ModelFacts]:
    """Return every model of the catalogue. Loads none, and reads no file."""
    return [_facts(model) for model in catalogue.CATALOGUE.values()]


def _facts(model: Model) -> ModelFacts:
    present = catalogue.present(model.name, settings.MODELS_DIR)
    return ModelFacts(
        name=model.name,
        task=model.task,
        licence=model.licence,
        origin=model.origin,
        size_bytes=model.size_bytes,
        present=present,
        mend="" if present else model.mend,
        files=model.files,
    )


def model_users() -> dict[str, list[str]]:
    """Return the stages that may load each model, as any profile has them, by the model's name."""
    users: dict[str, list[str]] = {}
    profiles = (registry.profile(name) for name in settings.PIPELINE_PROFILES)
    for stage in chain(registry.stages(), *profiles):
        for name in stage.models:
            if stage.name not in users.setdefault(name, []):
                users[name].append(stage.name)
    return users


def served_queues() -> frozenset[str]:
    """Return the queues that some worker cluster serves, here or on another machine."""
    within: list[Any] = [SERVED]
    with connection.cursor() as cursor:
        cursor.execute(_SERVED, within)
        return frozenset(name for (name,) in cursor.fetchall())


def unserved_queues() -> list[str]:
    """Return the queues of the settings that no worker cluster serves."""
    served = served_queues()
    return [queue for queue in settings.PIPELINE_QUEUES if queue not in served]
