"""The tenant that everything belongs to."""

import uuid

from django.db import models


class Workspace(models.Model):
    """Owns videos. One exists for now, made by a migration; every query is scoped by it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
