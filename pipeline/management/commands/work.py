import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django_q.conf import Conf


class Command(BaseCommand):
    help = "Run a worker cluster that serves one queue. Example: manage.py work --queue cpu"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--queue", default="cpu", choices=settings.PIPELINE_QUEUES)

    def handle(self, *args: Any, queue: str, **options: Any) -> None:
        # django-q2 reads the cluster's name from the environment while Django starts.
        if queue != Conf.CLUSTER_NAME:
            environment = os.environ | {"Q_CLUSTER_NAME": queue}
            os.execve(sys.executable, [sys.executable, *sys.argv], environment)

        from pipeline.cluster import WorkerCluster
        from pipeline.services import recover

        recover()
        if code := WorkerCluster().run():
            raise CommandError("A process of the cluster died; start it again.", returncode=code)
