"""The addresses under `/api/v1`."""

from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from videos.api.answers.views import AskView
from videos.api.base import UnknownView
from videos.api.duplicates.views import DuplicatesView
from videos.api.files import views as files
from videos.api.findings import views as findings
from videos.api.meaning import views as meaning
from videos.api.renditions.views import RenditionFileView, RenditionsView, RenditionView
from videos.api.search.views import SearchView, SimilarView
from videos.api.server.views import StagesView
from videos.api.speakers.views import SpeakersView, SpeakerView
from videos.api.transcript.views import TranscriptView
from videos.api.uploads.views import UploadsView, UploadView
from videos.api.videos.views import CancelView, ReprocessView, RetryView, VideosView, VideoView

app_name = "api"


class _Label(StringConverter):
    """A speaker's."""

    regex = "S[0-9]{1,9}"


register_converter(_Label, "label")

_VIDEO = "videos/<uuid:video_id>"
_RENDITION = f"{_VIDEO}/renditions/<uuid:rendition_id>"

urlpatterns = [
    path("videos", VideosView.as_view(), name="videos"),
    path(_VIDEO, VideoView.as_view(), name="video"),
    path(f"{_VIDEO}/retry", RetryView.as_view(), name="video-retry"),
    path(f"{_VIDEO}/cancel", CancelView.as_view(), name="video-cancel"),
    path(f"{_VIDEO}/reprocess", ReprocessView.as_view(), name="video-reprocess"),
    path(f"{_VIDEO}/timeline", findings.TimelineView.as_view(), name="video-timeline"),
    path(f"{_VIDEO}/transcript", TranscriptView.as_view(), name="video-transcript"),
    path(f"{_VIDEO}/transcript.vtt", findings.VttView.as_view(), name="video-transcript-vtt"),
    path(f"{_VIDEO}/transcript.srt", findings.SrtView.as_view(), name="video-transcript-srt"),
    path(f"{_VIDEO}/transcript.txt", findings.TextView.as_view(), name="video-transcript-txt"),
    path(f"{_VIDEO}/shots", findings.ShotsView.as_view(), name="video-shots"),
    path(f"{_VIDEO}/shots/<int:index>.jpg", files.KeyframeView.as_view(), name="shot-keyframe"),
    path(f"{_VIDEO}/texts", findings.TextsView.as_view(), name="video-texts"),
    path(f"{_VIDEO}/objects", findings.ObjectsView.as_view(), name="video-objects"),
    path(f"{_VIDEO}/faces", findings.FacesView.as_view(), name="video-faces"),
    path(f"{_VIDEO}/sounds", findings.SoundsView.as_view(), name="video-sounds"),
    path(f"{_VIDEO}/speakers", SpeakersView.as_view(), name="video-speakers"),
    path(f"{_VIDEO}/speakers/<label:label>", SpeakerView.as_view(), name="video-speaker"),
    path(f"{_VIDEO}/nudity", findings.NudityView.as_view(), name="video-nudity"),
    path(f"{_VIDEO}/summary", meaning.SummaryView.as_view(), name="video-summary"),
    path(f"{_VIDEO}/chapters", meaning.ChaptersView.as_view(), name="video-chapters"),
    path(f"{_VIDEO}/chapters.vtt", meaning.ChaptersVttView.as_view(), name="video-chapters-vtt"),
    path(f"{_VIDEO}/keywords", meaning.KeywordsView.as_view(), name="video-keywords"),
    path(f"{_VIDEO}/entities", meaning.EntitiesView.as_view(), name="video-entities"),
    path(f"{_VIDEO}/duplicates", DuplicatesView.as_view(), name="video-duplicates"),
    path(f"{_VIDEO}/ask", AskView.as_view(), name="video-ask"),
    path(f"{_VIDEO}/similar", SimilarView.as_view(), name="video-similar"),
    path(f"{_VIDEO}/media", files.MediaView.as_view(), name="video-media"),
    path(f"{_VIDEO}/poster.jpg", files.PosterView.as_view(), name="video-poster"),
    path(f"{_VIDEO}/storyboard.jpg", files.StoryboardView.as_view(), name="video-storyboard"),
    path(
        f"{_VIDEO}/storyboard.vtt",
        files.StoryboardTimesView.as_view(),
        name="video-storyboard-vtt",
    ),
    path(f"{_VIDEO}/renditions", RenditionsView.as_view(), name="video-renditions"),
    path(_RENDITION, RenditionView.as_view(), name="video-rendition"),
    path(f"{_RENDITION}/file", RenditionFileView.as_view(), name="video-rendition-file"),
    path("uploads", UploadsView.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>", UploadView.as_view(), name="upload"),
    path("search", SearchView.as_view(), name="search"),
    path("stages", StagesView.as_view(), name="stages"),
    re_path(r"^[\s\S]*$", UnknownView.as_view()),
]
