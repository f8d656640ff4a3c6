"""What a language model makes of what is said and shown."""

from django.db import models

from videos.models.findings import Finding


class AbstractSentence(Finding):
    """A sentence in the model's words; it spans what it rests on, from first to last."""

    position = models.PositiveSmallIntegerField(help_text="In the order they are read.")
    text = models.TextField(help_text="Plain text.")
    citations = models.JSONField(help_text='[{"start_ms", "end_ms"}] of what it rests on.')

    class Meta(Finding.Meta):
        constraints = [
            *Finding.Meta.constraints,
            models.CheckConstraint(
                name="abstractsentence_cites", condition=~models.Q(citations=[])
            ),
        ]

    def __str__(self) -> str:
        return self.text


class ChapterTitle(Finding):
    """What the model calls the chapter of that span."""

    title = models.CharField(max_length=200)

    class Meta(Finding.Meta):
        pass

    def __str__(self) -> str:
        return self.title
