"""django-q2's cluster, which hands running stages back when it stops and leaves no orphan."""

import os

from django_q.cluster import Cluster

from pipeline.processes import die_with_parent
from pipeline.runner import stopping


class WorkerCluster(Cluster):
    """On SIGTERM or SIGINT running stages are handed back at once instead of being waited for."""

    def start(self) -> int:
        # The sentinel, its workers and helpers: none outlives the process that forked it.
        os.register_at_fork(after_in_child=die_with_parent)
        return int(super().start())

    def stop(self) -> bool:
        stopping.set()
        return bool(super().stop())
