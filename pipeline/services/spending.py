"""What stages spend on the language model, booked as they tell it."""

import logging
from uuid import UUID

from pipeline.database import TROUBLE, reconnect
from videos.models import LlmUsage, Video
from videos.selectors import today

logger = logging.getLogger(__name__)


def book_tokens(*, video_id: UUID, tokens: int) -> None:
    """Add `tokens` to what the video's workspace has spent today.

    A database that is away loses the note, not the stage.
    """
    try:
        workspace = Video.objects.filter(id=video_id).values_list("workspace", flat=True).first()
        if workspace is None:
            return  # deleted meanwhile
        LlmUsage.objects.book(workspace, today(), max(0, tokens))
    except TROUBLE:
        logger.warning("%s: %d tokens of the language model are not booked", video_id, tokens)
        reconnect()
