"""Workspaces in the admin: their quotas, and what of them is used."""

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from videos import selectors
from videos.models import Workspace


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """What each workspace holds and may hold."""

    list_display = ["name", "held", "max_bytes", "max_videos", "max_open_analyses"]
    fields = [
        *("name", "slug", "held", "max_bytes", "max_videos", "max_open_analyses"),
        *("vocabulary", "glossary", "created_at"),
    ]
    readonly_fields = ["slug", "held", "created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        return False

    @admin.display(description="now")
    def held(self, workspace: Workspace) -> str:
        used = selectors.usage(workspace=workspace)
        return (
            f"{filesizeformat(used.size_bytes)} in {used.videos} videos, "
            f"{used.open_analyses} of them waiting or analysed"
        )
