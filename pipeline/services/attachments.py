"""What was brought beside a video, for the stage that reads it."""

from pipeline.services.leases import Lease
from videos.models import TranscriptImport


def attachment(lease: Lease) -> bytes | None:
    """Return the file that the claimed stage is to read, if its parameters name one."""
    imported = TranscriptImport.objects.filter(
        video=lease.video_id, checksum_sha256=lease.parameters["checksum_sha256"]
    )
    content = imported.values_list("content", flat=True).first()
    return None if content is None else bytes(content)
