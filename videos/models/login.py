"""Passwords that were tried."""

from django.db import models
from django.db.models.functions import Now


class LoginTries(models.Model):
    """How often somebody tried to log in under a name of late, from one address."""

    digest = models.CharField(
        primary_key=True,
        max_length=64,
        help_text="sha256 of both: people type passwords where the name belongs.",
    )
    tries = models.PositiveIntegerField(default=1)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["since"], name="login_tries_age")]

    def __str__(self) -> str:
        return f"{self.tries} tries"
