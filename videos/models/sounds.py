"""What is heard beside words."""

from django.db import models
from django.db.models import Q

from .findings import Finding


class SoundEvent(Finding):
    """Music, an alarm, a shot and the like; `confidence` is the mean score."""

    label = models.CharField(max_length=20)
    score = models.FloatField(help_text="The highest that it reaches, 0..1.")

    class Meta(Finding.Meta):
        constraints = [
            *Finding.Meta.constraints,
            models.CheckConstraint(
                name="soundevent_score_0_to_1", condition=Q(score__gte=0, score__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.label
