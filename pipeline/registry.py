"""From settings to stage objects. Loads no engine: a stage module imports its engine when it runs."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from functools import cache
from typing import Any

import msgspec
from django.conf import settings
from django.utils.module_loading import import_string

from pipeline.contract import Stage, from_json


@cache
def stages() -> tuple[Stage, ...]:
    """Return every stage this server has, with its parameters, in the order of the settings.

    Raises `ImportError` or `TypeError` where the settings name what there is not.
    """
    chosen = dict(settings.PIPELINE_PARAMETERS)
    made = tuple(
        _made(import_string(path), parameters, chosen)
        for path, parameters in settings.PIPELINE_STAGES.items()
    )
    if chosen:
        raise TypeError(
            f"PIPELINE_PARAMETERS names stages that are not there: {', '.join(chosen)}."
        )
    return made


def _made(kind: type[Stage], parameters: dict[str, Any], chosen: dict[str, Any]) -> Stage:
    """Make a stage with the settings' parameters, and those of `chosen`, which loses them."""
    own = chosen.pop(kind.name, {})
    stage = kind(**parameters)
    if not own:
        return stage
    try:
        known = {field.name for field in fields(stage)}
        if unknown := sorted(own.keys() - known):
            raise TypeError(f"{kind.name} has no parameter {', '.join(unknown)}.")
        return msgspec.convert(asdict(stage) | own, type=kind)
    except (msgspec.ValidationError, AttributeError) as error:
        raise TypeError(f"PIPELINE_PARAMETERS, {kind.name}: {error}.") from error


def profile(name: str, asked: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[Stage, ...]:
    """Return the stages of a profile with the parameters it changes.

    `asked`: parameters that a request changes, by stage, as JSON holds them.
    """
    chosen, asked = settings.PIPELINE_PROFILES[name], asked or {}
    return tuple(
        replace(stage, **chosen[stage.name], **from_json(asked.get(stage.name, {})))
        for stage in stages()
        if stage.name in chosen
    )


def queue(stage: Stage) -> str:
    """Return the queue that the stage goes to: its own or the settings', if that has workers."""
    chosen = settings.PIPELINE_STAGE_QUEUES.get(stage.name, stage.queue)
    return chosen if chosen in settings.PIPELINE_QUEUES else "cpu"


def stage_type(name: str) -> type[Stage]:
    """Return the class of the stage called `name`; `KeyError` if this server has none."""
    return {stage.name: type(stage) for stage in stages()}[name]


def version(name: str) -> int:
    """Return the version of the stage called `name`; 0 if this server has none."""
    return next((stage.version for stage in stages() if stage.name == name), 0)


def parameters(stage: Stage) -> dict[str, Any]:
    """Return the stage's parameters by name, as JSON can hold them."""
    return asdict(stage)


def configured(name: str, values: Mapping[str, Any]) -> Stage:
    """Return the stage called `name` with parameters as a row holds them."""
    return stage_type(name)(**from_json(values))
