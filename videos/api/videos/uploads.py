"""A form's file goes straight to disk."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from rest_framework.exceptions import ValidationError

from videos.api.errors import UploadIncomplete, UploadTooLarge
from videos.services import IncomingFile, StoredUpload

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

    `discard` removes what no video took over; whoever makes a handler must call it.
    """

    chunk_size = 256 * 1024

    def __init__(self, limit_bytes: int) -> None:
        super().__init__()
        self.limit_bytes = limit_bytes
        self.incoming: IncomingFile | None = None

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  Django's name
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Refuse by the announced length, before the first byte is read."""
        if content_length > self.limit_bytes + _FORM_OVERHEAD_BYTES:
            self._refuse()

    def new_file(self, field_name: str, *args: Any, **options: Any) -> None:
        super().new_file(field_name, *args, **options)
        if field_name != "file":
            raise ValidationError({field_name: ["Unknown field."]})
        if self.incoming:
            raise ValidationError({"file": ["Send one file a request."]})
        self.incoming = IncomingFile(self.file_name or "")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.incoming  # noqa: S101  new_file comes first
        if self.incoming.size_bytes + len(raw_data) > self.limit_bytes:
            self._refuse()
        self.incoming.write(raw_data)

    def file_complete(self, file_size: int) -> ReceivedFile:
        assert self.incoming  # noqa: S101  new_file comes first
        return ReceivedFile(self.incoming.finish())

    def upload_interrupted(self) -> None:
        raise UploadIncomplete("The body ended before the file did. Send it again.")

    def discard(self) -> None:
        if self.incoming:
            self.incoming.discard()

    def _refuse(self) -> None:
        raise UploadTooLarge(
            f"The file is over this server's limit of {self.limit_bytes} bytes.",
            limit_bytes=self.limit_bytes,
        )
