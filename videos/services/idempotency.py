"""Doing once what is asked twice: a client that lost the answer may send the request again.

The key is written first in the transaction that does the work, the answer last. So there is never
work without its answer, nor an answer without its work, whenever a process dies; and of two that
bring a key at the same instant the second waits at the unique index for the first one's commit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from videos.errors import VideosError
from videos.models import RememberedAnswer, Workspace

_KEPT_FOR = timedelta(hours=24)


class IdempotencyMismatch(VideosError):
    """The key came before, with another request."""

    code = "idempotency_mismatch"


@dataclass(frozen=True)
class Answer:
    """What a request is answered."""

    status: int
    headers: Mapping[str, str]
    body: str
    replayed: bool = False
    """It was given before; nothing was done this time."""


def is_remembered(*, workspace: Workspace, user: User, key: str) -> bool:
    """Tell whether a request with this key was answered."""
    return _of(workspace, user, key).filter(created_at__gte=Now() - _KEPT_FOR).exists()


@transaction.atomic
def once(
    *,
    workspace: Workspace,
    user: User,
    key: str,
    fingerprint: str,
    act: Callable[[], Answer],
) -> Answer:
    """Return what `act` answers, in its transaction; or what it answered before under this key.

    What `act` raises undoes all of it, the key included: a failure is not remembered. Raises
    `IdempotencyMismatch` where the key came with a request of another fingerprint.
    """
    _of(workspace, user, key).filter(created_at__lt=Now() - _KEPT_FOR).delete()
    row, is_first = RememberedAnswer.objects.get_or_create(
        workspace=workspace, user=user, key=key, defaults={"fingerprint": fingerprint}
    )
    if is_first:
        answer = act()
        RememberedAnswer.objects.filter(id=row.id).update(
            status=answer.status, headers=dict(answer.headers), body=answer.body
        )
        return answer
    if row.fingerprint != fingerprint:
        raise IdempotencyMismatch(
            "This Idempotency-Key came with another request before. Take a new key."
        )
    return Answer(row.status, row.headers, row.body, replayed=True)


def forget_answers() -> int:
    """Remove the answers that are no longer given again; return how many."""
    count, _ = RememberedAnswer.objects.filter(created_at__lt=Now() - _KEPT_FOR).delete()
    return count


def _of(workspace: Workspace, user: User, key: str) -> QuerySet[Any]:
    return RememberedAnswer.objects.filter(workspace=workspace, user=user, key=key)
