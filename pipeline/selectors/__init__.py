"""Reads about the work: what this server can do, whether anybody does it, and what to expect."""

from .lookahead import Outlook, outlook
from .server import StageFacts, served_queues, stage_list, unserved_queues
from .timings import Timings, timings
from .turns import next_turn

__all__ = [
    "Outlook",
    "StageFacts",
    "Timings",
    "next_turn",
    "outlook",
    "served_queues",
    "stage_list",
    "timings",
    "unserved_queues",
]
