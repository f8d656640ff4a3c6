"""What a workspace may spend on the language model each day."""

from datetime import date
from uuid import UUID

from django.conf import settings

from videos.errors import VideosError
from videos.models import LlmUsage
from videos.selectors import today, tomorrow_s


class LlmBudgetSpent(VideosError):
    """The workspace has spent its tokens of today."""

    code = "llm_budget_spent"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The workspace has spent what it may of its {limit} tokens a day. "
            "Ask again tomorrow (UTC); whoever runs the server can raise LLM_DAY_TOKENS.",
            limit=limit,
        )
        self.retry_after_s = tomorrow_s()


class WorkspacePurse:
    """Books before the call what it may cost, and after it what it did.

    So calls at the same time cannot overdraw together; what a process that dies had reserved
    stays booked.
    """

    def __init__(self, workspace_id: UUID) -> None:
        self._workspace_id = workspace_id
        self._day: date = today()

    def reserve(self, tokens: int) -> None:
        """Raise `LlmBudgetSpent` where less is left."""
        self._day, limit = today(), int(settings.LLM_DAY_TOKENS)
        if not LlmUsage.objects.book(self._workspace_id, self._day, tokens, limit=limit):
            raise LlmBudgetSpent(limit)

    def settle(self, reserved: int, spent: int) -> None:
        LlmUsage.objects.book(self._workspace_id, self._day, spent - reserved)
