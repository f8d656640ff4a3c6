"""Writes to runs and stages: opening runs, and the leases under which workers carry them out."""

from .leases import (
    Again,
    Cancelled,
    Failed,
    Lease,
    Outcome,
    Skipped,
    Standing,
    Succeeded,
    claim,
    hand_back,
    renew,
    settle,
    standing,
)
from .leftovers import remove_leftovers
from .recovery import Recovered, recover
from .runs import cancel, reprioritise, request_proxy, retry, start

__all__ = [
    "Again",
    "Cancelled",
    "Failed",
    "Lease",
    "Outcome",
    "Recovered",
    "Skipped",
    "Standing",
    "Succeeded",
    "cancel",
    "claim",
    "hand_back",
    "recover",
    "remove_leftovers",
    "renew",
    "reprioritise",
    "request_proxy",
    "retry",
    "settle",
    "standing",
    "start",
]
