"""Writes to videos, and what enters with them."""

from .admission import (
    QuotaExceeded,
    StorageFull,
    TooManyVideos,
    UploadTooLarge,
    admit,
    upload_too_large,
)
from .fetching import SourceRefused, source_check, video_fetch
from .idempotency import Answer, IdempotencyMismatch, forget_answers, is_remembered, once
from .playback import NotPlayable, proxy_request
from .receiving import BeyondLength, Checksum, ChecksumMismatch, UploadLocked, UploadStalled
from .renditions import (
    NothingToRedact,
    NotProbed,
    TooManyRenditions,
    UnknownCue,
    redaction_request,
    rendition_delete,
)
from .resumable import (
    LengthMismatch,
    OffsetMismatch,
    UploadExpired,
    UploadLost,
    upload_append,
    upload_create,
    upload_look,
    upload_terminate,
    uploads_sweep,
)
from .tokens import token_create
from .uploads import EmptyFile, IncomingFile, StoredUpload, UploadIncomplete, store_stream
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
    "BeyondLength",
    "Checksum",
    "ChecksumMismatch",
    "EmptyFile",
    "IdempotencyMismatch",
    "IncomingFile",
    "LengthMismatch",
    "NotPlayable",
    "NotProbed",
    "NothingToRedact",
    "OffsetMismatch",
    "QuotaExceeded",
    "SourceRefused",
    "StorageFull",
    "StoredUpload",
    "TooManyRenditions",
    "TooManyVideos",
    "UnknownCue",
    "UploadExpired",
    "UploadIncomplete",
    "UploadLocked",
    "UploadLost",
    "UploadStalled",
    "UploadTooLarge",
    "admit",
    "forget_answers",
    "is_remembered",
    "once",
    "proxy_request",
    "redaction_request",
    "rendition_delete",
    "source_check",
    "store_stream",
    "token_create",
    "upload_append",
    "upload_create",
    "upload_look",
    "upload_terminate",
    "upload_too_large",
    "uploads_sweep",
    "video_cancel",
    "video_create",
    "video_create_or_get",
    "video_delete",
    "video_fetch",
    "video_reprocess",
    "video_reprocess_preview",
    "video_retry",
    "video_update",
]
