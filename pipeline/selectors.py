"""Reads about the work: who does it."""

from django_q.status import Stat


def workers_alive() -> bool:
    """Tell whether some worker cluster runs, here or on another machine.

    Clusters publish themselves through the shared cache and are forgotten after three seconds.
    """
    return bool(Stat.get_all())
