"""The operator's language model, as the settings name it, and what was asked of it."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from pipeline.contract import LanguageModel
from videos.models import LlmAnswer, LlmUsage, Video


def llm_server() -> LanguageModel | None:
    """Return the language model's server; None: there is none, and nothing is sent anywhere."""
    if not settings.LLM_BASE_URL:
        return None
    return LanguageModel(
        base_url=settings.LLM_BASE_URL,
        model=settings.LLM_MODEL,
        api_key=settings.LLM_API_KEY,
        timeout_s=settings.LLM_TIMEOUT_S,
    )


def llm_answer(*, video: Video, prompt_hash: str) -> LlmAnswer | None:
    """Return what the same prompt was answered before."""
    return LlmAnswer.objects.filter(video=video, prompt_hash=prompt_hash).first()


def llm_tokens_left(*, video_id: UUID) -> int:
    """Return how many tokens the workspace of a video may still spend today."""
    used = LlmUsage.objects.filter(workspace__video=video_id, day=today()).first()
    return max(0, int(settings.LLM_DAY_TOKENS) - (used.tokens if used else 0))


def today() -> date:
    """Return the day that tokens are booked on, in UTC."""
    return timezone.now().date()


def tomorrow_s() -> int:
    """Return in how many seconds the next such day begins."""
    midnight = datetime.combine(today() + timedelta(days=1), time(), tzinfo=timezone.now().tzinfo)
    return max(1, int((midnight - timezone.now()).total_seconds()) + 1)
