"""What the stages found, each with its time, confidence and origin."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from videos.querysets import SegmentQuerySet


class Finding(models.Model):
    """A half-open span of a video that a stage found: `start_ms` inclusive, `end_ms` exclusive."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey("videos.Video", on_delete=models.CASCADE)
    stage_run = models.ForeignKey("pipeline.StageRun", on_delete=models.CASCADE)
    start_ms = models.BigIntegerField()
    end_ms = models.BigIntegerField()
    confidence = models.FloatField(null=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_ends_after_start",
                condition=Q(start_ms__gte=0, end_ms__gt=F("start_ms")),
            ),
            models.CheckConstraint(
                name="%(class)s_confidence_0_to_1",
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
            ),
        ]
        indexes = [models.Index(fields=["video", "start_ms"], name="%(class)s_in_order")]


class Shot(Finding):
    """Pictures between two cuts, dissolves or fades."""

    class Transition(models.TextChoices):
        CUT = "cut"
        DISSOLVE = "dissolve"
        FADE = "fade"

    index = models.PositiveIntegerField()
    keyframe_ms = models.BigIntegerField()
    keyframe = models.CharField(max_length=300, help_text="JPEG, relative to the media root.")
    transition = models.CharField(max_length=8, choices=Transition, null=True)  # noqa: DJ001  # the first has none
    transition_ms = models.PositiveIntegerField(default=0)

    class Meta(Finding.Meta):
        constraints = [
            *Finding.Meta.constraints,
            models.CheckConstraint(
                name="shot_transition_known",
                condition=Q(transition__isnull=True)
                | Q(transition__in=["cut", "dissolve", "fade"]),
            ),
            models.UniqueConstraint(fields=["video", "index"], name="shot_index_once"),
        ]

    def __str__(self) -> str:
        return f"shot {self.index}"


class Transcript(models.Model):
    """The language of a video's cues."""

    video = models.OneToOneField("videos.Video", on_delete=models.CASCADE, primary_key=True)
    stage_run = models.ForeignKey("pipeline.StageRun", on_delete=models.CASCADE)
    language = models.CharField(max_length=8)
    language_probability = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"transcript ({self.language})"


class Cue(Finding):
    """Timed speech, cut for reading."""

    text = models.TextField()
    words = models.JSONField(help_text='[{"start_ms", "end_ms", "text", "probability"}]')
    language = models.CharField(
        max_length=8, blank=True, default="", help_text="Empty: the transcript's."
    )
    flags = ArrayField(models.CharField(max_length=30), default=list)

    class Meta(Finding.Meta):
        pass

    def __str__(self) -> str:
        return self.text

    @property
    def doubts(self) -> str:
        """Its flags as people read them."""
        return ", ".join(flag.replace("_", " ") for flag in self.flags)


class Track(Finding):
    """The same thing, followed through the pictures of a shot."""

    class Kind(models.TextChoices):
        OBJECT = "object"
        FACE = "face"

    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(max_length=50)
    boxes = models.JSONField(help_text='[{"at_ms", "box": [x, y, w, h] in 0..1, "confidence"}]')

    class Meta(Finding.Meta):
        constraints = [
            *Finding.Meta.constraints,
            models.CheckConstraint(
                name="track_kind_known", condition=Q(kind__in=["object", "face"])
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ScreenText(Finding):
    """Text seen in the pictures."""

    text = models.TextField()
    box = ArrayField(models.FloatField(), size=4, help_text="x, y, w, h in 0..1")

    class Meta(Finding.Meta):
        pass

    def __str__(self) -> str:
        return self.text


class NuditySpan(Finding):
    """Pictures that show nudity; `confidence` is their mean score."""

    score = models.FloatField(help_text="The highest that its pictures reach, 0..1.")

    class Meta(Finding.Meta):
        constraints = [
            *Finding.Meta.constraints,
            models.CheckConstraint(
                name="nudityspan_score_0_to_1", condition=Q(score__gte=0, score__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start_ms}–{self.end_ms} ms"
