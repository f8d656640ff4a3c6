"""Answers that are given again to a request that is sent again."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class RememberedAnswer(models.Model):
    """What a request with an `Idempotency-Key` was answered, written in the transaction it began.

    Until that commits, the unique constraint holds back whoever brings the same key.
    """

    workspace = models.ForeignKey("videos.Workspace", on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(
        max_length=64, help_text="sha256 over what of the request matters."
    )
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True, help_text="As it was rendered; JSON or nothing.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "workspace", "key"], name="answer_once_a_user_and_key"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="answer_age")]

    def __str__(self) -> str:
        return self.key
