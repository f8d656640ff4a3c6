"""System checks of the pipeline: what would fail later is told at start."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from pipeline import registry
from pipeline.models import StageRun
from pipeline.planner import PlanError, plan


@checks.register("pipeline")
def check_pipeline(**_kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Check that the stages load and every profile makes a plan."""
    try:
        names = {stage.name for stage in registry.stages()}
    except (ImportError, TypeError) as error:
        hint = (
            "Correct PIPELINE_STAGES, dotted paths of stage classes and their parameters, "
            "or PIPELINE_PARAMETERS, stages' names and parameters as JSON."
        )
        return [checks.Error(f"A stage cannot be made: {error}", hint=hint, id="pipeline.E001")]
    return [*_check_profiles(names), *_check_queues(names)]


def _check_profiles(names: set[str]) -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for profile, chosen in settings.PIPELINE_PROFILES.items():
        if unknown := chosen.keys() - names:
            message = f"Profile {profile} names stages that are not there: {sorted(unknown)}."
            found.append(checks.Error(message, id="pipeline.E002"))
            continue
        try:
            plan(registry.profile(profile), checksum="")
        except (PlanError, TypeError, KeyError) as error:
            # `str` of a `KeyError` has quotes around it.
            message = f"Profile {profile} makes no plan: {error.args[0]}"
            hint = (
                "Correct PIPELINE_PROFILES, or PIPELINE_PARAMETERS; "
                "`manage.py models list` names the models."
            )
            found.append(checks.Error(message, hint=hint, id="pipeline.E003"))
    return found


def _check_queues(names: set[str]) -> list[checks.CheckMessage]:
    unknown = set(settings.PIPELINE_QUEUES) - set(StageRun.Queue.values)
    if unknown or StageRun.Queue.CPU not in settings.PIPELINE_QUEUES:
        hint = f"PIPELINE_QUEUES takes {', '.join(StageRun.Queue.values)}, and always cpu."
        return [checks.Error("The queues are not right.", hint=hint, id="pipeline.E004")]
    moved = settings.PIPELINE_STAGE_QUEUES
    if not moved.keys() <= names or not set(moved.values()) <= set(settings.PIPELINE_QUEUES):
        hint = "PIPELINE_STAGE_QUEUES takes stage=queue, the queue one of PIPELINE_QUEUES."
        return [checks.Error("The stages' queues are not right.", hint=hint, id="pipeline.E005")]
    return []
