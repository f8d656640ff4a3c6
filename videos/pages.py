"""The console: pages that show what the API tells; the API does the work."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from videos import selectors
from videos.models import Video

# Offered by the upload form; the API takes any code that the speech model knows.
LANGUAGES = {
    "ar": "Arabic",
    "zh": "Chinese",
    "cs": "Czech",
    "da": "Danish",
    "nl": "Dutch",
    "en": "English",
    "fi": "Finnish",
    "fr": "French",
    "de": "German",
    "el": "Greek",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "es": "Spanish",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
}


# In the words of the cards (static/console/format.js).
STATUSES = {
    Video.Status.UPLOADED: "Waiting to start",
    Video.Status.PROCESSING: "Analysing",
    Video.Status.COMPLETED: "Done",
    Video.Status.FAILED: "Failed",
    Video.Status.CANCELLED: "Cancelled",
}


@require_safe
@login_required
def library(request: HttpRequest) -> HttpResponse:
    """Every video, the search, and the upload form."""
    context = {
        "statuses": STATUSES.items(),
        "profiles": Video.Profile.values,
        "languages": LANGUAGES.items(),
        "limit_bytes": settings.MAX_UPLOAD_BYTES,
    }
    return render(request, "console/library.html", context)


@require_safe
@login_required
def video(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """One video: player, findings, stages. Raises `Http404`, also for another workspace's."""
    workspace = selectors.workspace_for(request.user)
    try:
        shown = selectors.video_get(workspace=workspace, video_id=video_id)
    except Video.DoesNotExist:
        raise Http404 from None
    return render(
        request, "console/video.html", {"video": shown, "asks": selectors.llm_server() is not None}
    )


urlpatterns = [
    path("", library, name="library"),
    path("videos/<uuid:video_id>/", video, name="video"),
    path(
        "login/",
        LoginView.as_view(template_name="console/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
]
