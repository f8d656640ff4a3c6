"""Writes to runs and stages: opening runs, and the leases under which workers carry them out."""

from .attachments import attachment
from .ends import (
    Again,
    Cancelled,
    Declined,
    Failed,
    Outcome,
    Outdated,
    Skipped,
    Succeeded,
    hand_back,
    settle,
)
from .leases import (
    Lease,
    Standing,
    claim,
    is_gone,
    keeps,
    renew,
    standing,
)
from .leftovers import forget_copies, remove_files, remove_leftovers
from .planning import UnknownStage
from .presence import announce, withdraw
from .recovery import Recovered, recover
from .reuse import find_twin, take_over
from .runs import (
    Preview,
    preview,
    reprocess,
    retry,
    start,
    update,
)
from .spending import book_tokens
from .steering import cancel, reprioritise

__all__ = [
    "Again",
    "Cancelled",
    "Declined",
    "Failed",
    "Lease",
    "Outcome",
    "Outdated",
    "Preview",
    "Recovered",
    "Skipped",
    "Standing",
    "Succeeded",
    "UnknownStage",
    "announce",
    "attachment",
    "book_tokens",
    "cancel",
    "claim",
    "find_twin",
    "forget_copies",
    "hand_back",
    "is_gone",
    "keeps",
    "preview",
    "recover",
    "remove_files",
    "remove_leftovers",
    "renew",
    "reprioritise",
    "reprocess",
    "retry",
    "settle",
    "standing",
    "start",
    "take_over",
    "update",
    "withdraw",
]
