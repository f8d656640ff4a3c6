"""What this server can do, and whether anybody does it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from pipeline import registry
from pipeline.engines.catalogue import CATALOGUE, Model
from pipeline.models import ServedQueue


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
    models: tuple[Model, ...]
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
            models=tuple(CATALOGUE[name] for name in stage.models),
            profiles=tuple(
                name for name, chosen in settings.PIPELINE_PROFILES.items() if stage.name in chosen
            ),
        )
        for stage in registry.stages()
    ]


def served_queues() -> frozenset[str]:
    """Return the queues that some worker cluster serves, here or on another machine."""
    return frozenset(ServedQueue.objects.alive().values_list("name", flat=True))


def unserved_queues() -> list[str]:
    """Return the queues of the settings that no worker cluster serves."""
    served = served_queues()
    return [queue for queue in settings.PIPELINE_QUEUES if queue not in served]
