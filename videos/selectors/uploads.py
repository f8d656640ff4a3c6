"""Resumable uploads."""

from uuid import UUID

from videos.models import Upload, Workspace


def upload_get(*, workspace: Workspace, upload_id: UUID) -> Upload:
    """Return one of the workspace's uploads. Raises `Upload.DoesNotExist`."""
    upload: Upload = Upload.objects.of(workspace).get(id=upload_id)
    return upload
