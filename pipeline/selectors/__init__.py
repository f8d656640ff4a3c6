"""Reads about the work: what this server can do, whether anybody does it, and what to expect."""

from .lookahead import Outlook, outlook
from .parts import stages_in_order, with_parts
from .server import (
    ModelFacts,
    StageFacts,
    model_list,
    model_users,
    served_queues,
    stage_list,
    unserved_queues,
)
from .timings import Kind, Timings, kind, timings
from .turns import next_turn, turn_of_parts
from .twins import finished_twin, stands

__all__ = [
    "Kind",
    "ModelFacts",
    "Outlook",
    "StageFacts",
    "Timings",
    "finished_twin",
    "kind",
    "model_list",
    "model_users",
    "next_turn",
    "outlook",
    "served_queues",
    "stage_list",
    "stages_in_order",
    "stands",
    "timings",
    "turn_of_parts",
    "unserved_queues",
    "with_parts",
]
