"""What was asked for of videos, in the admin."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from videointel import display
from videos import selectors, services
from videos.errors import VideosError
from videos.models import Rendition

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@admin.register(Rendition)
class RenditionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Every rendition on request: how far it is, its file; to be deleted, never written."""

    list_display = [
        *("kind", "video_shown", "status", "progress", "file", "size", "asked", "reason"),
        "created_at",
    ]
    list_filter = ["kind"]
    search_fields = ["id", "video__id", "video__title"]
    ordering = ["-created_at"]
    actions = ["retry"]
    fields = [
        *("id", "kind", "video_shown", "status", "progress", "reason", "asked", "size", "file"),
        *("created_at", "stages"),
    ]
    readonly_fields = [
        *("id", "video_shown", "status", "progress", "reason", "asked", "size", "file"),
        *("created_at", "stages"),
    ]

    class Media:
        css = {"all": ["console/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rendition]:
        return selectors.with_runs(Rendition.objects.all())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def delete_model(self, request: HttpRequest, obj: Rendition) -> None:
        services.rendition_delete(rendition=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Rendition]) -> None:
        for rendition in queryset:
            services.rendition_delete(rendition=rendition)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the renditions alone: their runs go with them."""
        names = [str(rendition) for rendition in objs]
        return names, {"renditions, with their files": len(names)}, set(), []

    @admin.action(description="Make selected failed renditions again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Rendition]) -> None:
        """Begin anew what failed, as asking for it again does; the others stay as they are."""
        user = cast("User", request.user)  # nobody else comes into the admin
        failed = [one for one in queryset if selectors.rendition_state(one).status == "failed"]
        try:
            for rendition in failed:
                services.rendition_request(
                    video=rendition.video,
                    kind=Rendition.Kind(rendition.kind),
                    parameters=rendition.parameters,
                    user=user,
                )
        except VideosError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, f"Making {len(failed)} of the selected renditions again.")

    @admin.display(description="video", ordering="video__title")
    def video_shown(self, rendition: Rendition) -> SafeString:
        address = reverse("admin:videos_video_change", args=[rendition.video_id])
        return format_html('<a href="{}">{}</a>', address, rendition.video.title)

    @admin.display(description="status")
    def status(self, rendition: Rendition) -> str:
        return selectors.rendition_state(rendition).status

    @admin.display(description="progress")
    def progress(self, rendition: Rendition) -> str:
        return f"{selectors.rendition_state(rendition).progress:.0%}"

    @admin.display(description="reason")
    def reason(self, rendition: Rendition) -> str:
        return display.reason(selectors.rendition_state(rendition).reason)

    @admin.display(description="asked for")
    def asked(self, rendition: Rendition) -> str:
        asked = rendition.parameters.get("redact")
        if asked is None:
            return display.EMPTY
        muted = [f"{display.clock(a)}–{display.clock(b)}" for a, b in asked["mute_ms"]]
        how = "beeped" if asked["beep"] else "muted"
        told = ["faces blurred"] if asked["faces"] else []
        if muted:
            told.append(f"{how} {', '.join(muted)}")
        return "; ".join(told)

    @admin.display(description="size", ordering="size_bytes")
    def size(self, rendition: Rendition) -> str:
        return filesizeformat(rendition.size_bytes) if rendition.size_bytes else display.EMPTY

    @admin.display(description="file")
    def file(self, rendition: Rendition) -> SafeString:
        if not rendition.path:
            return SafeString(display.EMPTY)
        parts = {"video_id": rendition.video_id, "rendition_id": rendition.pk}
        address = reverse("api:video-rendition-file", kwargs=parts)
        return format_html('<a href="{}" download>Download</a>', address)

    @admin.display(description="stages")
    def stages(self, rendition: Rendition) -> SafeString:
        run = selectors.newest_run(rendition)
        if run is None:
            return SafeString(display.EMPTY)
        address = reverse("admin:pipeline_pipelinerun_change", args=[run.pk])
        return format_html('<a href="{}">of its newest run</a>', address)
