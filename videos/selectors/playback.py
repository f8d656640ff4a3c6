"""Which file of a video a browser can play."""

from dataclasses import dataclass
from pathlib import Path

from pipeline import store
from videos.models import Media, Rendition, Video

# By container: what Chromium, Firefox and Safari all play.
_VIDEO_CODECS = {
    "mov": {"h264", "vp9", "av1"},
    "matroska": {"vp8", "vp9", "av1"},
}
_AUDIO_CODECS = {
    "mov": {"aac", "mp3", "opus", "flac"},
    "matroska": {"opus", "vorbis"},
    "ogg": {"opus", "vorbis", "flac"},
    "mp3": {"mp3"},
    "wav": {"pcm_s16le", "pcm_u8"},
    "flac": {"flac"},
    "aac": {"aac"},
}
_PIXEL_FORMATS = {"yuv420p", "yuvj420p"}
_TYPES = {
    "mov": "mp4",
    "matroska": "x-matroska",
    "mpegts": "mp2t",
    "avi": "x-msvideo",
    "ogg": "ogg",
    "mp3": "mpeg",
    "wav": "wav",
    "flac": "flac",
    "aac": "aac",
}


@dataclass(frozen=True)
class StoredFile:
    """A file that may be sent to a client."""

    path: Path
    content_type: str
    filename: str


def original(video: Video) -> StoredFile:
    """Return the file as it was uploaded."""
    media = video.media if hasattr(video, "media") else None
    return StoredFile(store.source_path(video.id), content_type(media), video.filename)


def playable(video: Video) -> StoredFile | None:
    """Return the file for players: the proxy, or the original where browsers can play it."""
    proxy = rendition(video, Rendition.Kind.PROXY)
    if proxy:
        return proxy
    if hasattr(video, "media") and plays_in_browsers(video.media):
        return original(video)
    return None


def rendition(video: Video, kind: Rendition.Kind) -> StoredFile | None:
    """Return the file of a kind that was made of a video from `video_list`, if it was."""
    for row in video.renditions.all():
        if row.kind == kind and row.path:
            return rendition_file(row, video)
    return None


def rendition_file(rendition: Rendition, video: Video) -> StoredFile:
    """Return the file of a rendition that is there, named as its video is."""
    name = f"{Path(video.filename).stem}-{rendition.kind}{Path(rendition.path).suffix}"
    return StoredFile(store.absolute(rendition.path), rendition.content_type, name)


def plays_in_browsers(media: Media) -> bool:
    """Tell whether every current browser plays it: container, codecs, 8-bit 4:2:0."""
    picture = media.video_stream
    sound = media.audio_streams[0] if media.audio_streams else None
    if picture and not (
        picture["codec"] in _VIDEO_CODECS.get(media.container, ())
        and picture["pixel_format"] in _PIXEL_FORMATS
    ):
        return False
    if sound and sound["codec"] not in _AUDIO_CODECS.get(media.container, ()):
        return False
    return bool(picture or sound)


def content_type(media: Media | None) -> str:
    """Return the media type that the probe's findings tell, never what the uploader said."""
    if media is None or media.container not in _TYPES:
        return "application/octet-stream"
    if media.container == "matroska" and plays_in_browsers(media):
        return "video/webm" if media.video_stream else "audio/webm"
    return f"{'video' if media.video_stream else 'audio'}/{_TYPES[media.container]}"
