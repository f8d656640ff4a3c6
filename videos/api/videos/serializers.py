"""A video as clients see it."""

from functools import cache
from typing import Any, cast

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from pipeline.selectors import Outlook
from videos import selectors
from videos.api.output import OutputSerializer
from videos.api.videos.examples import VIDEO
from videos.api.videos.stages import ReasonSerializer, StageRunSerializer
from videos.models import Media, Rendition, Video

_ANY = "00000000-0000-0000-0000-000000000000"


class VideoStreamSerializer(serializers.Serializer[Any]):
    codec = serializers.CharField()
    width = serializers.IntegerField(help_text="Upright.")
    height = serializers.IntegerField()
    rotation = serializers.IntegerField(help_text="Clockwise degrees to stand upright.")
    frame_rate = serializers.CharField(help_text='An exact fraction: "30000/1001".')
    variable_frame_rate = serializers.BooleanField()
    frames = serializers.IntegerField()


class AudioStreamSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    codec = serializers.CharField()
    channels = serializers.IntegerField()
    sample_rate_hz = serializers.IntegerField()
    language = serializers.CharField(allow_null=True)
    # Rows of earlier versions have none of these.
    title = serializers.CharField(allow_null=True, default=None)
    default = serializers.BooleanField(
        default=False, help_text="Players take it if nobody chooses."
    )
    aside = serializers.BooleanField(
        default=False,
        help_text="Commentary, a description of the pictures, or music and effects alone.",
    )


class SubtitleStreamSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="What `track` names to import it.")
    codec = serializers.CharField()
    language = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    readable = serializers.BooleanField(help_text="False: it holds pictures of its words.")


class MediaSerializer(serializers.ModelSerializer[Media]):
    video = VideoStreamSerializer(source="video_stream", allow_null=True)
    audio = AudioStreamSerializer(source="audio_streams", many=True)
    subtitles = SubtitleStreamSerializer(source="subtitle_streams", many=True)

    class Meta:
        model = Media
        fields = [
            *("duration_ms", "container", "bit_rate", "start_ms"),
            *("video", "audio", "subtitles"),
        ]
        read_only_fields = fields


class LinksSerializer(serializers.Serializer[Any]):
    """Where the rest is; null: there is no such file (yet)."""

    timeline = serializers.URLField()
    transcript = serializers.URLField()
    transcript_vtt = serializers.URLField()
    shots = serializers.URLField()
    texts = serializers.URLField()
    objects = serializers.URLField()
    faces = serializers.URLField()
    nudity = serializers.URLField()
    sounds = serializers.URLField()
    summary = serializers.URLField()
    chapters = serializers.URLField()
    chapters_vtt = serializers.URLField()
    keywords = serializers.URLField()
    speakers = serializers.URLField()
    entities = serializers.URLField()
    duplicates = serializers.URLField()
    media = serializers.URLField()
    renditions = serializers.URLField()
    poster = serializers.URLField(allow_null=True)
    storyboard = serializers.URLField(allow_null=True)
    storyboard_vtt = serializers.URLField(allow_null=True)


@extend_schema_serializer(examples=[OpenApiExample("A finished video", VIDEO, response_only=True)])
class VideoSerializer(OutputSerializer, serializers.ModelSerializer[Video]):
    """A video of `selectors.video_list`."""

    url = serializers.SerializerMethodField()
    status_reason = ReasonSerializer(allow_null=True)
    progress = serializers.SerializerMethodField()
    eta_s = serializers.SerializerMethodField()
    source_url = serializers.SerializerMethodField()
    checksum_sha256 = serializers.SerializerMethodField()
    language = serializers.SerializerMethodField()
    media = serializers.SerializerMethodField()
    stages = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Video
        fields = [
            "id",
            "url",
            "title",
            "filename",
            "source_url",
            "size_bytes",
            "checksum_sha256",
            "status",
            "status_reason",
            "progress",
            "eta_s",
            "language",
            "priority",
            "profile",
            "vocabulary",
            "audio_track",
            "metadata",
            "media",
            "stages",
            "created_at",
            "updated_at",
            "completed_at",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.URLField)
    def get_url(self, video: Video) -> str:
        return self._url("video", video)

    @extend_schema_field(serializers.FloatField(min_value=0, max_value=1))
    def get_progress(self, video: Video) -> float:
        return selectors.progress(video)

    def get_eta_s(self, video: Video) -> float | None:
        """Seconds until its analysis has ended, by this server's own history; null: not known."""
        return selectors.eta_s(video, self._outlook(video))

    def get_source_url(self, video: Video) -> str | None:
        """Where it was fetched from; null: it was uploaded."""
        return video.source_url or None

    def get_checksum_sha256(self, video: Video) -> str | None:
        """Null until it is fetched, as is `size_bytes`."""
        return video.checksum_sha256 or None

    def get_language(self, video: Video) -> str | None:
        """As given, else as heard."""
        if video.language:
            return video.language
        return video.transcript.language if hasattr(video, "transcript") else None

    @extend_schema_field(MediaSerializer(allow_null=True))
    def get_media(self, video: Video) -> Any:
        return MediaSerializer(video.media).data if hasattr(video, "media") else None

    @extend_schema_field(StageRunSerializer(many=True))
    def get_stages(self, video: Video) -> Any:
        context = {"outlook": self._outlook(video)}
        stages = selectors.analysis_stages(video)
        return StageRunSerializer(stages, many=True, context=context).data

    @extend_schema_field(LinksSerializer)
    def get_links(self, video: Video) -> dict[str, str | None]:
        names = [
            "timeline",
            "transcript",
            "shots",
            "texts",
            "objects",
            "faces",
            "nudity",
            "sounds",
            "summary",
            "chapters",
            "keywords",
            "speakers",
            "entities",
            "duplicates",
            "media",
            "renditions",
        ]
        links: dict[str, str | None] = {name: self._url(f"video-{name}", video) for name in names}
        links["transcript_vtt"] = self._url("video-transcript-vtt", video)
        links["chapters_vtt"] = self._url("video-chapters-vtt", video)
        there = {rendition.kind for rendition in video.renditions.all()}
        for kind in (
            Rendition.Kind.POSTER,
            Rendition.Kind.STORYBOARD,
            Rendition.Kind.STORYBOARD_VTT,
        ):
            name = f"video-{kind.replace('_', '-')}"
            links[kind] = self._url(name, video) if kind in there else None
        return links

    @property
    def _shared(self) -> dict[str, Any]:
        """What is found out once an answer: REST framework hands all serializers of one this dict."""
        return cast("dict[str, Any]", self.context)

    def _outlook(self, video: Video) -> Outlook:
        """Look ahead for all videos of this answer at once."""
        shared = self._shared
        if "outlook" not in shared:
            listed = isinstance(self.parent, serializers.ListSerializer) and self.parent.instance
            shared["outlook"] = selectors.analysis_outlook(listed or [video])
        ahead: Outlook = shared["outlook"]
        return ahead

    def _url(self, name: str, video: Video) -> str:
        shared = self._shared
        if "origin" not in shared:
            request = shared.get("request")
            shared["origin"] = request.build_absolute_uri("/")[:-1] if request else ""
        return str(shared["origin"] + _path(name).replace(_ANY, str(video.id)))


@cache
def _path(name: str) -> str:
    """Return the path of something of the video `_ANY`: finding it anew for each link takes long."""
    return reverse(f"api:{name}", kwargs={"video_id": _ANY})
