"""Telling which queues are served, and no longer served."""

from django.db import connection

# A row a queue, whoever serves it: written every few seconds however many clusters there are.
_UPSERT = """
INSERT INTO pipeline_servedqueue AS known (name, seen_at) VALUES (%s, now())
ON CONFLICT (name) DO UPDATE SET seen_at = now()
WHERE known.seen_at < now() - interval '3 seconds'
"""
# As if it had been silent for long. Others that serve it say so again at once.
_WITHDRAW = "UPDATE pipeline_servedqueue SET seen_at = now() - interval '1 hour' WHERE name = %s"


def announce(queue: str) -> None:
    """Say that somebody serves `queue`. Call it every second or so."""
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [queue])


def withdraw(queue: str) -> None:
    """Say that a cluster of `queue` stops."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, [queue])
