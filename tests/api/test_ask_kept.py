"""`/videos/{id}/ask`: answers that are kept, and when they are sought anew."""

from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient

from tests.asking import answered, ask, refused, shown
from tests.language_model import LanguageModel
from videos.models import LlmAnswer, Video
from videos.services import questions

pytestmark = pytest.mark.django_db


class TestCache:
    def test_asks_once(self, api: APIClient, harbour: Video, llm: LanguageModel) -> None:
        first = answered(api, harbour, "When was the lighthouse built?")
        again = answered(api, harbour, "When was the lighthouse built?")

        assert again == first | {"cached": True}
        assert len(llm.asked) == 1

    def test_keeps_refusals_too(self, api: APIClient, harbour: Video, llm: LanguageModel) -> None:
        question = "Which paint is the lighthouse coated with?"

        assert [refused(api, harbour, question) for _ in range(2)] == ["not_answered"] * 2
        assert len(llm.asked) == 1

    def test_ends_with_the_evidence_or_the_model(
        self, api: APIClient, harbour: Video, llm: LanguageModel, settings: Any
    ) -> None:
        question = "When was the lighthouse built?"
        answered(api, harbour, question)
        shown(harbour, "A lighthouse museum", start_ms=0, end_ms=900)
        answered(api, harbour, question)
        settings.LLM_MODEL = "another"

        assert answered(api, harbour, question)["model"] == "another"
        assert len(llm.asked) == 3

    def test_goes_with_the_video(self, api: APIClient, harbour: Video, llm: LanguageModel) -> None:
        answered(api, harbour, "When was the lighthouse built?")

        api.delete(f"/api/v1/videos/{harbour.id}")

        assert not LlmAnswer.objects.exists()

    def test_of_a_video_that_went_meanwhile_is_not_kept(
        self, api: APIClient, harbour: Video, llm: LanguageModel
    ) -> None:
        keep = questions._keep

        def kept_too_late(row: LlmAnswer) -> None:
            Video.objects.filter(id=harbour.id).delete()
            keep(row)

        with patch.object(questions, "_keep", kept_too_late):
            response = ask(api, harbour, "When was the lighthouse built?")

        assert response.status_code == 404


class TestQuestionsKept:
    def test_never_hold_both_an_answer_and_a_refusal(self, harbour: Video) -> None:
        with pytest.raises(IntegrityError):
            LlmAnswer.objects.create(
                workspace=harbour.workspace,
                video=harbour,
                prompt_hash="0" * 64,
                question="When?",
                answer="Uncited.",
                citations=[],
                model="reader",
                prompt_version=1,
            )
