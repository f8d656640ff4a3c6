"""django-q2's broker over PostgreSQL, without polling: `LISTEN` wakes who waits for a message.

Messages lie in django-q2's own table, as with its ORM broker, so each is written in the caller's
transaction and its commit rings. Order is that of becoming due; times are the database's.
"""

import logging
import os
import time
from typing import Any

from django.db import connections
from django.db.models.functions import Now
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from psycopg import sql

from pipeline.database import TROUBLE, reconnect

logger = logging.getLogger(__name__)

# The pusher asks after each wait whether it is to stop. It also bounds what a lost ring costs.
_WAIT_S = 1.0
# A due message that another consumer is just taking shall not make us spin.
_SHORTEST_WAIT_S = 0.01
_RECONNECT_S = 0.5

_ENQUEUE = """
WITH message AS (
    INSERT INTO django_q_ormq (key, payload, lock)
    VALUES (%s, %s, statement_timestamp() + make_interval(secs => %s))
    RETURNING id
)
SELECT id, pg_notify(%s, '') FROM message
"""
_DEQUEUE = """
WITH due AS MATERIALIZED (
    SELECT id, lock FROM django_q_ormq
    WHERE key = %s AND lock <= statement_timestamp()
    ORDER BY lock, id LIMIT %s
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE django_q_ormq AS message
    SET lock = statement_timestamp() + make_interval(secs => %s)
    FROM due WHERE message.id = due.id
    RETURNING message.id, message.payload, due.lock
)
SELECT id, payload FROM taken ORDER BY lock, id
"""
_NEXT_DUE_S = """
SELECT extract(epoch FROM min(lock) - statement_timestamp())::float8
FROM django_q_ormq WHERE key = %s
"""


class PostgresBroker(ORM):
    """A queue that many may fill and empty; a message is given to one until it is late.

    `delay_s` holds back what is enqueued through this instance.
    """

    _listener: Any = None
    _listener_pid = 0

    def __init__(self, list_key: str | None = None, *, delay_s: float = 0.0) -> None:
        super().__init__(list_key)
        self._delay_s = delay_s

    def enqueue(self, task: str) -> int:
        """Add a message; who listens hears of it when the transaction commits."""
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute(_ENQUEUE, [self.list_key, task, self._delay_s, _channel(self.list_key)])
            return int(cursor.fetchone()[0])

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Return up to `Conf.BULK` messages as (id, payload), or None after waiting about a second.

        A database that went away is waited for; the connection is then made anew.
        """
        try:
            listener = self._listening()
            with listener.cursor() as cursor:
                cursor.execute(_DEQUEUE, [self.list_key, Conf.BULK, Conf.RETRY])
                if messages := cursor.fetchall():
                    return list(messages)
                cursor.execute(_NEXT_DUE_S, [self.list_key])
                (due_s,) = cursor.fetchone()
            _await_ring(listener, _WAIT_S if due_s is None else min(due_s, _WAIT_S))
        except TROUBLE as error:
            logger.warning("no database to listen to: %s", error)
            self.hang_up()
            time.sleep(_RECONNECT_S)
        return None

    def acknowledge(self, task_id: int) -> None:
        """Forget a message that was dealt with.

        Where the database can't, it is given again when it is late, and then rings for nothing.
        """
        try:
            super().acknowledge(task_id)
        except TROUBLE as error:
            logger.warning("no database to forget message %s in: %s", task_id, error)
            reconnect()

    def queue_size(self) -> int:
        """Return how many messages are due and not taken."""
        return int(self.get_connection().filter(key=self.list_key, lock__lte=Now()).count())

    def lock_size(self) -> int:
        """Return how many are taken and not acknowledged, or held back."""
        return int(self.get_connection().filter(key=self.list_key, lock__gt=Now()).count())

    def info(self) -> str:
        return f"PostgreSQL {Conf.ORM}"

    def hang_up(self) -> None:
        """Close the connection that listens, if there is one."""
        if self._listener and self._listener_pid == os.getpid():
            self._listener.close()
        self._listener = None

    def _listening(self) -> Any:
        """Return this process's own connection that hears rings: no fork may share one.

        It listens before it looks, so no ring falls between the two.
        """
        if self._listener is None or self._listener_pid != os.getpid():
            self._listener, self._listener_pid = connections[Conf.ORM].copy(), os.getpid()
            with self._listener.cursor() as cursor:
                cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(_channel(self.list_key))))
        return self._listener


def _await_ring(listener: Any, timeout_s: float) -> None:
    with listener.wrap_database_errors:
        for _ in listener.connection.notifies(
            timeout=max(_SHORTEST_WAIT_S, timeout_s), stop_after=1
        ):
            return


def _channel(queue: str) -> str:
    return f"doorbell_{queue}"
