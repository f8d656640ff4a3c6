"""What the language model was asked, in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from videointel import display
from videos.models import LlmAnswer, LlmUsage


@admin.register(LlmAnswer)
class LlmAnswerAdmin(display.ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Questions, and the answers that are given again while the evidence is the same."""

    list_display = ["question", "answer", "refusal", "video", "model", "created_at"]
    list_filter = ["refusal", "model"]
    search_fields = ["question", "answer"]
    ordering = ["-created_at"]
    list_per_page = 50
    fields = [
        *("question", "answer", "quoted", "refusal", "cited", "video", "workspace"),
        *("model", "prompt_version", "prompt_hash", "created_at"),
    ]
    readonly_fields = ["cited"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LlmAnswer]:
        return super().get_queryset(request).select_related("video", "workspace")

    @admin.display(description="citations")
    def cited(self, answer: LlmAnswer) -> SafeString:
        rows = [
            (display.clock(one["start_ms"]), display.clock(one["end_ms"]), one["kind"], one["text"])
            for one in answer.citations
        ]
        return display.table(["start", "end", "kind", "text"], rows)


@admin.register(LlmUsage)
class LlmUsageAdmin(display.ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Tokens spent, by workspace and day."""

    list_display = ["day", "workspace", "tokens"]
    ordering = ["-day", "workspace"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[LlmUsage]:
        return super().get_queryset(request).select_related("workspace")
