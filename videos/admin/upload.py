"""Resumable uploads in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from videos.models import Upload


@admin.register(Upload)
class UploadAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """What is on its way, and how much of it is here; only clients and the sweeper change it."""

    list_display = ["filename", "user", "received", "size", "video", "created_at", "expires_at"]
    list_filter = [("video", admin.EmptyFieldListFilter)]
    search_fields = ["filename", "id"]
    ordering = ["-created_at"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        return super().get_queryset(request).select_related("user", "video")

    @admin.display(ordering="received_bytes")
    def received(self, upload: Upload) -> str:
        return filesizeformat(upload.received_bytes)

    @admin.display(ordering="size_bytes")
    def size(self, upload: Upload) -> str:
        return "not told yet" if upload.size_bytes is None else filesizeformat(upload.size_bytes)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        return False
