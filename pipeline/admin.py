"""Runs and stages for operators: to look at, never to write."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_q import models as django_q

from pipeline.models import PipelineRun, StageRun
from pipeline.selectors import Outlook, outlook
from videointel import display

# Their pages unpickle what a message holds, which runs whatever code somebody put there.
for model in (django_q.Schedule, django_q.Success, django_q.Failure, django_q.OrmQ):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class StageColumns(display.ReadOnly):
    """Columns that stages show wherever they are listed: those that are split, and their parts."""

    @admin.display(description="name", ordering="name")
    def name_shown(self, stage: StageRun) -> str:
        return str(stage)

    @admin.display(description="status", ordering="status")
    def status_shown(self, stage: StageRun) -> SafeString:
        shown = display.status(stage)
        if stage.lease_expires_at and stage.lease_expires_at < timezone.now():
            return format_html('{} <span class="status FAILED">stalled</span>', shown)
        return shown

    @admin.display(description="progress", ordering="progress")
    def progress_shown(self, stage: StageRun) -> str:
        return f"{stage.progress:.0%}"

    @admin.display(description="attempt", ordering="attempt")
    def attempt_shown(self, stage: StageRun) -> str:
        return f"{stage.attempt} of {stage.max_attempts}"

    @admin.display(description="took")
    def took(self, stage: StageRun) -> str:
        return "reused" if stage.reused else display.took(stage.started_at, stage.finished_at)

    @admin.display(description="reason")
    def reason_shown(self, stage: StageRun) -> str:
        return display.reason(stage.reason)


STAGE_COLUMNS = (
    "status_shown",
    "progress_shown",
    "attempt_shown",
    "took",
    "queue",
    "worker",
    "model",
    "reason_shown",
)


class StageRunInline(StageColumns, admin.TabularInline):  # type: ignore[type-arg]  # takes no parameter at run time
    """The stages of a run, in the order of the analysis."""

    model = StageRun
    ordering = ["position", "shard"]
    show_change_link = True
    can_delete = False
    fields = STAGE_COLUMNS
    readonly_fields = STAGE_COLUMNS


class StageList(ChangeList):
    """Stages that know what they wait for, found out for the whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        ahead = outlook(self.result_list)
        for stage in self.result_list:
            stage.outlook = ahead


class Stalled(admin.SimpleListFilter):
    """Stages whose worker no longer renews its lease; `manage.py sweep` recovers them."""

    title = "stalled"
    parameter_name = "stalled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StageRun]) -> QuerySet[StageRun]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(id__in=StageRun.objects.stalled().values("id"))


def _video(run: PipelineRun) -> SafeString:
    address = reverse("admin:videos_video_change", args=[run.video_id])
    return format_html('<a href="{}">{}</a>', address, run.video.title)


@admin.register(PipelineRun)
class PipelineRunAdmin(display.ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Every execution of the plan."""

    list_display = [
        *("id", "video_shown", "makes", "requested_by", "status_shown", "created_at", "took")
    ]
    list_filter = ["status", "rendition__kind"]
    list_select_related = ["video", "rendition", "requested_by"]
    search_fields = ["id", "video__id", "video__title"]
    ordering = ["-created_at"]
    fields = [
        *("id", "video_shown", "makes", "requested_by", "priority", "turn"),
        *("status_shown", "created_at", "finished_at", "took"),
    ]
    readonly_fields = ["id", "video_shown", "makes", "status_shown", "created_at", "took"]
    inlines = [StageRunInline]

    class Media:
        css = {"all": ["console/admin.css"]}

    @admin.display(description="video", ordering="video__title")
    def video_shown(self, run: PipelineRun) -> SafeString:
        return _video(run)

    @admin.display(description="for", ordering="rendition__kind")
    def makes(self, run: PipelineRun) -> str:
        return run.rendition.get_kind_display() if run.rendition else "analysis"

    @admin.display(description="status", ordering="status")
    def status_shown(self, run: PipelineRun) -> SafeString:
        return display.status(run)

    @admin.display(description="took")
    def took(self, run: PipelineRun) -> str:
        return display.took(run.created_at, run.finished_at)


@admin.register(StageRun)
class StageRunAdmin(StageColumns, admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Every stage of every run: what waits, what runs and where, what failed and why."""

    list_display = [
        "name_shown",
        "video_shown",
        "status_shown",
        "progress_shown",
        "reason_shown",
        "waiting_for",
        "attempt_shown",
        "took",
        "started_at",
        "queued_at",
        "queue",
        "worker",
    ]
    list_filter = ["status", Stalled, "name", "queue"]
    list_select_related = ["run__video"]
    search_fields = ["id", "run__id", "run__video__id", "run__video__title", "worker"]
    ordering = ["-run__created_at", "position", "shard"]
    # The lease token stays out: whoever has it may settle the stage.
    exclude = ["lease_token"]
    readonly_fields = ["video_shown", "took", "waiting_for"]

    class Media:
        css = {"all": ["console/admin.css"]}

    @admin.display(description="video", ordering="run__video__title")
    def video_shown(self, stage: StageRun) -> SafeString:
        return _video(stage.run)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StageList

    @admin.display(description="waiting for")
    def waiting_for(self, stage: StageRun) -> str:
        ahead: Outlook = getattr(stage, "outlook", None) or outlook([stage])
        return display.reason(ahead.waiting_for(stage))
