"""The one function that queue messages name. Light on purpose: django-q2 imports it by its path."""

from pipeline.database import TROUBLE, reconnect
from pipeline.runner import run_one


def drain(queue: str) -> None:
    """Answer the doorbell of `queue`: carry out one ready stage, if there is one."""
    try:
        run_one(queue)
    except TROUBLE:
        reconnect()  # the next message may find a database that can
        raise
