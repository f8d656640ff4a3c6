"""What a client tells of the file it uploads."""

from rest_framework import serializers

from videos.api.fields import storable
from videos.api.videos.inputs import UploadFields


class UploadMetadata(UploadFields):
    """The pairs of `Upload-Metadata`."""

    filename = serializers.CharField(allow_blank=True, validators=[storable])
