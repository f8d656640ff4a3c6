"""Writes to runs and stages: opening runs, and the leases under which workers carry them out."""

from .leases import (
    Again,
    Failed,
    Lease,
    Outcome,
    Skipped,
    Succeeded,
    claim,
    hand_back,
    renew,
    settle,
)
from .leftovers import remove_leftovers
from .recovery import Recovered, recover
from .runs import reprioritise, request_proxy, retry, start

__all__ = [
    "Again",
    "Failed",
    "Lease",
    "Outcome",
    "Recovered",
    "Skipped",
    "Succeeded",
    "claim",
    "hand_back",
    "recover",
    "remove_leftovers",
    "renew",
    "reprioritise",
    "request_proxy",
    "retry",
    "settle",
    "start",
]
