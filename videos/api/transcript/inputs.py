"""Subtitles as a request brings them: in a form, as the body itself, or as a track to take."""

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from rest_framework import serializers
from rest_framework.parsers import BaseParser

from videos.api.videos.inputs import KnownFieldsSerializer
from videos.languages import CODE, NOT_A_CODE
from videos.services import (
    MAX_SUBTITLES_BYTES,
    SubtitleFile,
    SubtitlesTooLarge,
    UploadIncomplete,
)


class LanguageQuery(serializers.Serializer[Any]):
    """What the address says of a file that is the body."""

    language = serializers.RegexField(
        CODE,
        default="",
        allow_blank=True,
        error_messages={"invalid": NOT_A_CODE},
        help_text="What it is written in; where not given the track's, the video's, or what is detected.",
    )


class SubtitleFileInput(KnownFieldsSerializer, LanguageQuery):
    """The form that brings subtitles."""

    file = serializers.FileField(
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": "Send a file, or the track to take as JSON."},
        help_text="SubRip or WebVTT.",
    )


class SubtitleTrackInput(KnownFieldsSerializer, LanguageQuery):
    """A track of the video's own file."""

    track = serializers.IntegerField(
        min_value=0, help_text="`index` of one of the video's `media.subtitles`."
    )


class _SubtitlesParser(BaseParser):
    """The body is the file."""

    name: str

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, SubtitleFile]:
        content = stream.read(MAX_SUBTITLES_BYTES + 1)
        announced = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
        if len(content) < min(announced, MAX_SUBTITLES_BYTES):
            raise UploadIncomplete("The body ended before the file did. Send it again.")
        return {"file": SubtitleFile(self.name, content)}


class WebVttParser(_SubtitlesParser):
    media_type, name = "text/vtt", "subtitles.vtt"


class SubRipParser(_SubtitlesParser):
    media_type, name = "application/x-subrip", "subtitles.srt"


class KeptInMemory(FileUploadHandler):
    """Keeps the form's one `file`, which is small."""

    def __init__(self) -> None:
        super().__init__()
        self._content = bytearray()

    def new_file(self, field_name: str, *args: Any, **options: Any) -> None:
        super().new_file(field_name, *args, **options)
        self._content.clear()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._content += raw_data
        if len(self._content) > MAX_SUBTITLES_BYTES:
            raise SubtitlesTooLarge

    def file_complete(self, file_size: int) -> SimpleUploadedFile:
        return SimpleUploadedFile(self.file_name or "", bytes(self._content))

    def upload_interrupted(self) -> None:
        raise UploadIncomplete("The body ended before the file did. Send it again.")
