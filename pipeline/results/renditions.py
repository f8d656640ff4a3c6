"""Files for people."""

from dataclasses import dataclass
from typing import Literal

from pipeline.results.basis import FileName


@dataclass(frozen=True)
class Proxy:
    """Made by: make_proxy."""

    file: FileName
    """MP4: H.264 4:2:0 and AAC, or AAC alone; playable while it loads."""

    content_type: Literal["video/mp4", "audio/mp4"] = "video/mp4"


@dataclass(frozen=True)
class Redacted:
    """Made by: redact."""

    file: FileName
    """MP4: H.264 4:2:0 and AAC, or AAC alone; playable while it loads."""

    content_type: Literal["video/mp4", "audio/mp4"] = "video/mp4"
