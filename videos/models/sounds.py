"""What is heard beside words, and who speaks."""

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


class Speaker(models.Model):
    """One voice of a video. Label and name outlive the runs that find it."""

    video = models.ForeignKey("videos.Video", on_delete=models.CASCADE, related_name="speakers")
    label = models.CharField(max_length=10, help_text="S1, S2 …, by who first speaks.")
    name = models.CharField(max_length=100, blank=True, help_text="Whose voice it is, if told.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["video", "label"], name="speaker_label_once")
        ]

    def __str__(self) -> str:
        return self.name or self.label


class SpeakerTurn(Finding):
    """One speaker's stretch of speech; `confidence` is how alike its voice is to the speaker's."""

    speaker = models.ForeignKey(Speaker, on_delete=models.CASCADE, related_name="turns")

    class Meta(Finding.Meta):
        pass

    def __str__(self) -> str:
        return str(self.speaker)
