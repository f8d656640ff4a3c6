"""Writes to videos, and what enters with them."""

from .admission import (
    QuotaExceeded,
    StorageFull,
    TooManyVideos,
    UploadTooLarge,
    admit,
    upload_too_large,
)
from .idempotency import Answer, IdempotencyMismatch, forget_answers, is_remembered, once
from .playback import NotPlayable, proxy_request
from .tokens import token_create
from .uploads import EmptyFile, IncomingFile, StoredUpload, store_stream
from .videos import (
    video_cancel,
    video_create,
    video_create_or_get,
    video_delete,
    video_reprocess,
    video_reprocess_preview,
    video_retry,
    video_update,
)

__all__ = [
    "Answer",
    "EmptyFile",
    "IdempotencyMismatch",
    "IncomingFile",
    "NotPlayable",
    "QuotaExceeded",
    "StorageFull",
    "StoredUpload",
    "TooManyVideos",
    "UploadTooLarge",
    "admit",
    "forget_answers",
    "is_remembered",
    "once",
    "proxy_request",
    "store_stream",
    "token_create",
    "upload_too_large",
    "video_cancel",
    "video_create",
    "video_create_or_get",
    "video_delete",
    "video_reprocess",
    "video_reprocess_preview",
    "video_retry",
    "video_update",
]
