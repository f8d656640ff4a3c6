"""Locks by id that hold across all processes and machines of one database.

Each belongs to a session of PostgreSQL, not to a transaction: nothing stays open while it is
held, and it goes with its session, however that ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable


class Taken(Exception):
    """Somebody else holds the lock."""


@contextmanager
def held(id_: UUID, *, wait_s: float) -> Iterator[None]:
    """Hold the lock of `id_` for the `with` block. Raises `Taken` after `wait_s` > 0 in vain."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{wait_s * 1000:.0f}"])
            cursor.execute("SELECT pg_advisory_lock(%s)", [_key(id_)])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Taken from error
        raise
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_key(id_)])


def wanted(id_: UUID) -> bool:
    """Tell whether somebody waits for the lock of `id_`, which the caller holds."""
    key = _key(id_) % 2**64  # pg_locks shows it in two halves, without a sign
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database "
            "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database() "
            "AND objsubid = 1 AND classid::bigint = %s AND objid::bigint = %s)",
            [key >> 32, key % 2**32],
        )
        found: tuple[bool] = cursor.fetchone()
    return found[0]


def _key(id_: UUID) -> int:
    return int.from_bytes(id_.bytes[:8], signed=True)
