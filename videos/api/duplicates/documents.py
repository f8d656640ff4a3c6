"""The document, for the view and for commands that print it."""

from typing import Any

from videos import selectors
from videos.api.duplicates.serializers import DuplicatesSerializer
from videos.models import Video


def duplicates(video: Video) -> Any:
    """Return `{"duplicates"}`."""
    return DuplicatesSerializer({"duplicates": selectors.duplicate_list(video=video)}).data
