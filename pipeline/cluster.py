"""django-q2's cluster, which tells its workers when it is to stop."""

from django_q.cluster import Cluster

from pipeline.runner import stopping


class WorkerCluster(Cluster):
    """On SIGTERM or SIGINT running stages are handed back at once instead of being waited for."""

    def stop(self) -> bool:
        stopping.set()
        return bool(super().stop())
