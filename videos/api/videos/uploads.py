"""What a request's body brings: a form's file goes straight to disk."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from videos.api.errors import LengthRequired
from videos.services import IncomingFile, StoredUpload, UploadIncomplete, upload_too_large

# Boundaries, part headers and small fields beside the file.
_FORM_OVERHEAD_BYTES = 64 * 1024


class ReceivedFile(UploadedFile):  # type: ignore[type-arg]  # not generic at run time
    """What a form's file became."""

    def __init__(self, stored: StoredUpload) -> None:
        super().__init__(file=None, name=stored.filename, size=stored.size_bytes)
        self.stored = stored

    def close(self) -> None:
        """Do nothing: it is on disk and closed."""


class StreamToDisk(FileUploadHandler):
    """Sends the form's one `file` to disk and its checksum, chunk by chunk as it arrives.

    To its checksum alone where it is told not to store it.
    `discard` removes what no video took over; whoever makes a handler must call it.
    """

    chunk_size = 256 * 1024

    def __init__(self, limit_bytes: int) -> None:
        super().__init__()
        self.limit_bytes = limit_bytes
        self.stores = True
        self.incoming: IncomingFile | None = None

    def new_file(self, field_name: str, *args: Any, **options: Any) -> None:
        super().new_file(field_name, *args, **options)
        if field_name != "file":
            raise ValidationError({field_name: ["Unknown field."]})
        if self.incoming:
            raise ValidationError({"file": ["Send one file a request."]})
        self.incoming = IncomingFile(self.file_name or "", stores=self.stores)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.incoming  # noqa: S101  new_file comes first
        if self.incoming.size_bytes + len(raw_data) > self.limit_bytes:
            raise upload_too_large()
        self.incoming.write(raw_data)

    def file_complete(self, file_size: int) -> ReceivedFile:
        assert self.incoming  # noqa: S101  new_file comes first
        return ReceivedFile(self.incoming.finish())

    def upload_interrupted(self) -> None:
        raise UploadIncomplete("The body ended before the file did. Send it again.")

    def discard(self) -> None:
        if self.incoming:
            self.incoming.discard()


def keep_unread(request: HttpRequest, handler: FileUploadHandler) -> None:
    """Keep every byte of the body from Django's own handling of forms; a view's parsers read it.

    The check of a session's CSRF token looks into `request.POST`, which would read the whole body
    before it is known who sends it: it finds an empty form, so the token comes as the
    `X-CSRFToken` header. `handler` gets the files of a form once the view reads it.
    """
    request.upload_handlers = [handler]
    # Where Django keeps the form that it has read.
    request._post, request._files = QueryDict(), MultiValueDict()  # type: ignore[attr-defined]  # they are private


def announced_bytes(request: Request) -> int:
    """Return the least that the form's file may have, by the length of the whole body.

    Raises `LengthRequired` where that is not stated.
    """
    length = request.META.get("CONTENT_LENGTH")
    if "HTTP_TRANSFER_ENCODING" in request.META and not length:
        raise LengthRequired("Send the upload with a Content-Length.")
    return max(0, int(length or 0) - _FORM_OVERHEAD_BYTES)
