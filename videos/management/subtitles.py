"""`videos subtitles`: a file or a track in place of what is heard, and back again."""

from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import CommandError

from videos.api.videos.inputs import VideoFields
from videos.management.arguments import taken_as
from videos.models import TranscriptImport, Video
from videos.services import SubtitleFile, transcript_import, transcript_unimport


class Change(Protocol):
    """Does something to the video and tells how it stands then."""

    def __call__(self, *, video: Video) -> object: ...


def add_arguments(action: ArgumentParser) -> None:
    """Add what `videos subtitles` takes beside the video's id."""
    what = action.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, metavar="FILE", help="SubRip or WebVTT")
    what.add_argument("--track", type=int, help="of the video's own, as media.subtitles tells")
    what.add_argument("--forget", action="store_true", help="go back to what is heard")
    action.add_argument(
        "--language",
        type=taken_as(VideoFields, "language"),
        default="",
        help="what they are written in: de",
    )


def change(options: dict[str, Any]) -> Change:
    """Return what the options ask for. Raises `CommandError` for a file that cannot be read."""
    if options["forget"]:
        return _forget
    path: Path | None = options["file"]
    try:
        file = SubtitleFile(path.name, path.read_bytes()) if path else None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    return partial(
        transcript_import, file=file, track=options["track"], language=options["language"]
    )


def _forget(*, video: Video) -> None:
    try:
        transcript_unimport(video=video)
    except TranscriptImport.DoesNotExist:
        raise CommandError("No transcript was imported for this video.") from None
