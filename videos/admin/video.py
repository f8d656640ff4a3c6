"""Videos in the admin."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from videointel import display
from videos import selectors, services
from videos.admin.shown import FindingsShown
from videos.errors import InvalidTransition
from videos.models import Rendition, Video


class VideoForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """What an operator may change; the services do it."""

    class Meta:
        model = Video
        fields = ["title", "priority", "metadata"]

    def clean_metadata(self) -> dict[str, Any]:
        metadata = self.cleaned_data["metadata"]
        if not isinstance(metadata, dict):
            raise forms.ValidationError("It must be a JSON object.")
        return metadata


@admin.register(Video)
class VideoAdmin(FindingsShown, admin.ModelAdmin):  # type: ignore[type-arg]  # takes no parameter at run time
    """Every video: where it stands and why, how long its stages took, what was found."""

    form = VideoForm
    list_display = [
        "title",
        "status_shown",
        "reason",
        "duration",
        "timings",
        "created_at",
        "profile",
        "size",
    ]
    list_filter = ["status", "profile"]
    search_fields = ["title", "filename", "id"]
    ordering = ["-created_at"]
    list_per_page = 50
    actions = ["retry", "reprocess", "cancel"]
    fieldsets = [
        (None, {"fields": ["poster", "title", "priority", "metadata"]}),
        ("State", {"fields": ["status_shown", "reason", "profile", "stages"]}),
        (
            "File",
            {
                "fields": [
                    *("id", "filename", "source_url", "size", "checksum_sha256"),
                    *("workspace", "uploaded_by", "language"),
                ]
            },
        ),
        (
            "Media",
            {"fields": ["duration", "container", "pictures", "sound", "tracks", "renditions"]},
        ),
        ("Times", {"fields": ["created_at", "updated_at", "completed_at"]}),
        ("Shots", {"fields": ["shots"], "classes": ["collapse"]}),
        ("Transcript", {"fields": ["imported", "cues"], "classes": ["collapse"]}),
        ("Screen text", {"fields": ["screen_texts"], "classes": ["collapse"]}),
        ("Objects", {"fields": ["things"], "classes": ["collapse"]}),
        ("Faces", {"fields": ["faces"], "classes": ["collapse"]}),
        ("Nudity", {"fields": ["nudity"], "classes": ["collapse"]}),
        ("Sounds", {"fields": ["sounds"], "classes": ["collapse"]}),
        ("Summary", {"fields": ["summary"], "classes": ["collapse"]}),
        ("Chapters", {"fields": ["chapters"], "classes": ["collapse"]}),
        ("Keywords", {"fields": ["keywords"], "classes": ["collapse"]}),
        ("Speakers", {"fields": ["turns"], "classes": ["collapse"]}),
        ("Names", {"fields": ["entities"], "classes": ["collapse"]}),
        ("Also in other videos", {"fields": ["duplicates"], "classes": ["collapse"]}),
    ]

    readonly_fields = [
        "poster",
        "status_shown",
        "reason",
        "profile",
        "stages",
        "id",
        "filename",
        "source_url",
        "size",
        "checksum_sha256",
        "workspace",
        "uploaded_by",
        "language",
        "duration",
        "container",
        "pictures",
        "sound",
        "tracks",
        "renditions",
        "created_at",
        "updated_at",
        "completed_at",
        "shots",
        "imported",
        "cues",
        "screen_texts",
        "things",
        "faces",
        "nudity",
        "sounds",
        "summary",
        "chapters",
        "keywords",
        "turns",
        "entities",
        "duplicates",
    ]

    class Media:
        css = {"all": ["console/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def view_on_site(self, obj: Video) -> str:
        return reverse("video", args=[obj.pk])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Video]:
        return selectors.with_analysis(Video.objects.select_related("workspace", "uploaded_by"))

    def save_model(self, request: HttpRequest, obj: Video, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        services.video_update(video=obj, changes=changes)

    def delete_model(self, request: HttpRequest, obj: Video) -> None:
        services.video_delete(video=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> None:
        for video in queryset:
            services.video_delete(video=video)

    def get_deleted_objects(
        self, objs: QuerySet[Video] | Sequence[Video], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name the videos alone: what hangs on them is thousands of rows, and goes with them."""
        titles = [str(video) for video in objs]
        return titles, {"videos, with their files and findings": len(titles)}, set(), []

    @admin.action(description="Retry selected videos", permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Video]) -> None:
        """Run what failed again; say of which videos the status forbids it."""
        retry = partial(services.video_retry, user=_user(request))
        self._act(request, queryset, retry, "Retrying")

    @admin.action(description="Run all stages of selected videos again", permissions=["change"])
    def reprocess(self, request: HttpRequest, queryset: QuerySet[Video]) -> None:
        """Analyse anew; say of which videos the status forbids it."""
        reprocess = partial(services.video_reprocess, user=_user(request))
        self._act(request, queryset, reprocess, "Reprocessing")

    @admin.action(description="Cancel selected videos", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Video]) -> None:
        """End the analysis; say of which videos the status forbids it."""
        self._act(request, queryset, services.video_cancel, "Cancelling")

    def _act(
        self,
        request: HttpRequest,
        queryset: QuerySet[Video],
        service: Callable[..., object],
        doing: str,
    ) -> None:
        refused = []
        for video in queryset:
            try:
                service(video=video)
            except InvalidTransition as error:
                refused.append(f"{video.title} ({video.status})")
                why = error.message
        if done := len(queryset) - len(refused):
            self.message_user(request, f"{doing} {done} of the selected videos.")
        if refused:
            self.message_user(request, f"Refused: {', '.join(refused)}. {why}", messages.ERROR)

    @admin.display(description="status", ordering="status")
    def status_shown(self, video: Video) -> SafeString:
        return display.status(video)

    @admin.display(description="reason")
    def reason(self, video: Video) -> str:
        return display.reason(video.status_reason)

    @admin.display(description="duration", ordering="media__duration_ms")
    def duration(self, video: Video) -> str:
        if not hasattr(video, "media"):
            return display.EMPTY
        return str(timedelta(seconds=round(video.media.duration_ms / 1000)))

    @admin.display(description="size", ordering="size_bytes")
    def size(self, video: Video) -> str:
        return filesizeformat(video.size_bytes) if video.size_bytes else display.EMPTY

    @admin.display(description="slowest stages")
    def timings(self, video: Video) -> SafeString:
        stages = [stage for stage in selectors.analysis_stages(video) if stage.begun_at]
        slowest = sorted(stages, key=lambda s: display.seconds(s.begun_at, s.finished_at))[:-4:-1]
        shown = [(s.name, display.took(s.begun_at, s.finished_at)) for s in slowest]
        return format_html_join(mark_safe("<br>"), "{} {}", shown) or SafeString(display.EMPTY)

    @admin.display(description="poster")
    def poster(self, video: Video) -> SafeString:
        if all(file.kind != Rendition.Kind.POSTER for file in video.renditions.all()):
            return SafeString(display.EMPTY)
        address = reverse("api:video-poster", args=[video.pk])
        return format_html('<a href="{0}"><img class="poster" src="{0}" alt="Poster"></a>', address)

    @admin.display(description="container")
    def container(self, video: Video) -> str:
        return video.media.container if hasattr(video, "media") else display.EMPTY

    @admin.display(description="pictures")
    def pictures(self, video: Video) -> str:
        stream = video.media.video_stream if hasattr(video, "media") else None
        return _facts(stream) if stream else display.EMPTY

    @admin.display(description="sound")
    def sound(self, video: Video) -> str:
        streams = video.media.audio_streams if hasattr(video, "media") else []
        return "; ".join(map(_facts, streams)) or display.EMPTY

    @admin.display(description="subtitles")
    def tracks(self, video: Video) -> str:
        streams = video.media.subtitle_streams if hasattr(video, "media") else []
        return "; ".join(map(_facts, streams)) or display.EMPTY

    @admin.display(description="imported")
    def imported(self, video: Video) -> str:
        found = selectors.transcript_import(video=video)
        return f"{found}, {found.imported_at:%Y-%m-%d %H:%M}" if found else display.EMPTY


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)  # nobody else comes into the admin


def _facts(stream: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in stream.items() if value is not None)
