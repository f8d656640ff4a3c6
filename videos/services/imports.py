"""Transcripts that somebody brings, in place of what is heard."""

import hashlib
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from pipeline import services as pipeline
from pipeline.media.languages import short
from videos.errors import VideosError
from videos.models import Media, TranscriptImport, Video
from videos.names import display_name
from videos.services.renditions import NotProbed
from videos.services.uploads import EmptyFile

MAX_SUBTITLES_BYTES = 5_000_000
"""Of a file: twelve hours of talk have one."""


class SubtitlesTooLarge(VideosError):
    """The file is larger than any subtitles."""

    code = "subtitles_too_large"

    def __init__(self) -> None:
        super().__init__(
            f"The subtitles are over the limit of {MAX_SUBTITLES_BYTES} bytes.",
            limit_bytes=MAX_SUBTITLES_BYTES,
        )


class NotSubtitles(VideosError):
    """Nothing in the file reads as a subtitle."""

    code = "not_subtitles"


class UnknownTrack(VideosError):
    """The video's file has no subtitles in this stream."""

    code = "unknown_track"


class BitmapSubtitles(VideosError):
    """The track holds pictures of its words."""

    code = "bitmap_subtitles"


@dataclass(frozen=True)
class SubtitleFile:
    """A file as it was sent."""

    name: str
    content: bytes


@transaction.atomic
def transcript_import(
    *,
    video: Video,
    file: SubtitleFile | None = None,
    track: int | None = None,
    language: str = "",
    user: User | None = None,
) -> bool:
    """Take a file, or a track of the video's own, for its transcript from now on.

    Another analysis begins, which reads it, and does again what depends on a transcript; False:
    it is the same as before, and was read or is about to be. Raises `EmptyFile`, `NotSubtitles`,
    `SubtitlesTooLarge`; `NotProbed`, `UnknownTrack`, `BitmapSubtitles`; `InvalidTransition` while
    the video is analysed, and `Video.DoesNotExist` where it was deleted meanwhile.
    """
    values: dict[str, object] = {"language": language or video.language}
    if file:
        _check_file(file.content)
        digest = hashlib.sha256(file.content).hexdigest()
        values |= {"track": None, "checksum_sha256": digest}
    else:
        stream = _stream(video, track)
        values |= {"track": track, "checksum_sha256": ""}
        values["language"] = language or short(stream["language"] or "") or video.language
    # One at a time: who sends the same again finds that it is.
    video = Video.objects.select_for_update(no_key=True).get(id=video.id)
    is_same = TranscriptImport.objects.filter(video=video, **values).exists()
    if is_same and video.status in (*Video.OPEN, Video.Status.COMPLETED):
        return False
    TranscriptImport.objects.update_or_create(
        video=video,
        defaults={
            **values,
            "filename": display_name(file.name) if file else "",
            "content": file.content if file else None,
            "imported_by": user,
        },
    )
    pipeline.update(video=video, user=user)
    return True


@transaction.atomic
def transcript_unimport(*, video: Video, user: User | None = None) -> None:
    """Go back to what is heard, in another analysis.

    Raises `TranscriptImport.DoesNotExist`, and `InvalidTransition` while the video is analysed.
    """
    TranscriptImport.objects.only("video").get(video=video).delete()
    pipeline.update(video=video, user=user)


def _check_file(content: bytes) -> None:
    """Refuse at once what cannot be subtitles; whether it can be read shows when it is."""
    if not content:
        raise EmptyFile("The file is empty. Send one with subtitles in it.")
    if len(content) > MAX_SUBTITLES_BYTES:
        raise SubtitlesTooLarge
    if b"-->" not in content.replace(b"\0", b""):  # in UTF-16 too
        raise NotSubtitles(
            "Nothing in it reads as a subtitle. Send SubRip (.srt) or WebVTT (.vtt)."
        )


def _stream(video: Video, track: int | None) -> dict[str, str | None]:
    """Return what is known of a track of subtitles that can be read."""
    media = Media.objects.filter(video=video).first()
    if media is None:
        raise NotProbed(
            "It is not known yet what is in the file. Ask again once the video has its media facts."
        )
    for stream in media.subtitle_streams:
        if stream["index"] == track:
            if not stream["readable"]:
                message = f"Track {track} holds pictures of its words, which cannot be read."
                raise BitmapSubtitles(message, errors={"track": [message]})
            return dict(stream)
    known = ", ".join(str(stream["index"]) for stream in media.subtitle_streams)
    message = f"The file has no subtitles in track {track}; " + (
        f"it has some in {known}." if known else "it has none."
    )
    raise UnknownTrack(message, errors={"track": [message]})
