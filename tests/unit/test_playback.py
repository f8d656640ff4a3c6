"""Which originals browsers play, and what type they are served as."""

from typing import Any

import pytest

from videos.models import Media
from videos.selectors.playback import content_type, plays_in_browsers


def media(container: str, picture: str | None, sound: str | None, pixels: str = "yuv420p") -> Media:
    stream: dict[str, Any] | None = None
    if picture:
        stream = {"codec": picture, "pixel_format": pixels}
    return Media(
        container=container,
        video_stream=stream,
        audio_streams=[{"codec": sound}] if sound else [],
    )


class TestPlaysInBrowsers:
    @pytest.mark.parametrize(
        ("found", "type_"),
        [
            (media("mov", "h264", "aac"), "video/mp4"),
            (media("mov", "h264", None), "video/mp4"),
            (media("mov", "av1", "opus"), "video/mp4"),
            (media("matroska", "vp9", "opus"), "video/webm"),
            (media("mov", None, "aac"), "audio/mp4"),
            (media("mp3", None, "mp3"), "audio/mpeg"),
            (media("wav", None, "pcm_s16le"), "audio/wav"),
            (media("matroska", None, "opus"), "audio/webm"),
        ],
    )
    def test_yes(self, found: Media, type_: str) -> None:
        assert plays_in_browsers(found)
        assert content_type(found) == type_

    @pytest.mark.parametrize(
        ("found", "type_"),
        [
            (media("mov", "hevc", "aac"), "video/mp4"),
            (media("mov", "h264", "ac3"), "video/mp4"),
            (media("mov", "h264", "aac", "yuv420p10le"), "video/mp4"),
            (media("mov", "h264", "aac", "yuv444p"), "video/mp4"),
            (media("matroska", "h264", "aac"), "video/x-matroska"),
            (media("mpegts", "h264", "aac"), "video/mp2t"),
            (media("avi", "mpeg4", "mp3"), "video/x-msvideo"),
            (media("gif", "gif", None, "bgra"), "application/octet-stream"),
            (media("mov", None, None), "audio/mp4"),
        ],
    )
    def test_no(self, found: Media, type_: str) -> None:
        assert not plays_in_browsers(found)
        assert content_type(found) == type_

    def test_unprobed_file_has_no_type(self) -> None:
        assert content_type(None) == "application/octet-stream"
