from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.management import call_command
from django.db.models.signals import post_migrate


class VideosConfig(AppConfig):
    name = "videos"

    def ready(self) -> None:
        post_migrate.connect(_create_cache_table, sender=self)


def _create_cache_table(using: str, **_: Any) -> None:
    """Create the cache's table where it is missing, even if Redis is the cache for now."""
    call_command("createcachetable", settings.CACHE_TABLE, database=using, verbosity=0)
