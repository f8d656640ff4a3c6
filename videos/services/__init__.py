"""Writes to videos, and what enters with them."""

from .playback import NotPlayable, proxy_request
from .tokens import token_create
from .uploads import EmptyFile, IncomingFile, StoredUpload, store_stream
from .videos import (
    video_cancel,
    video_create,
    video_delete,
    video_reprocess,
    video_reprocess_preview,
    video_retry,
    video_update,
)

__all__ = [
    "EmptyFile",
    "IncomingFile",
    "NotPlayable",
    "StoredUpload",
    "proxy_request",
    "store_stream",
    "token_create",
    "video_cancel",
    "video_create",
    "video_delete",
    "video_reprocess",
    "video_reprocess_preview",
    "video_retry",
    "video_update",
]
