"""Questions from the terminal, in the console and the admin."""

import json
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from tests import language_model
from tests.asking import answered, spoken
from tests.language_model import LanguageModel
from videos.models import LlmAnswer, Video
from videos.services import questions

pytestmark = pytest.mark.django_db


class TestCommand:
    def told(self, video: Video, *arguments: str) -> str:
        out = StringIO()
        call_command("videos", "ask", str(video.id), *arguments, stdout=out)
        return out.getvalue()

    def test_prints_the_answer_and_its_moments(self, harbour: Video, llm: LanguageModel) -> None:
        told = self.told(harbour, "When was the lighthouse built?")

        assert told.splitlines() == [
            "The lighthouse was built in 1874.",
            "  0:30.000  cue  The lighthouse was built in 1874.",
        ]

    def test_marks_a_quotation(self, harbour: Video, llm: LanguageModel) -> None:
        llm.reply = language_model.says("The lighthouse was built.", 4)

        told = self.told(harbour, "In which year was the lighthouse built?")

        assert told.splitlines()[0] == "“The lighthouse was built in 1874.”"

    def test_prints_why_there_is_none(self, harbour: Video, llm: LanguageModel) -> None:
        assert "has to do with the question" in self.told(harbour, "Who won the football match?")

    def test_prints_what_the_api_answers(
        self, api: APIClient, harbour: Video, llm: LanguageModel
    ) -> None:
        told = json.loads(self.told(harbour, "When was the lighthouse built?", "--json"))

        assert answered(api, harbour, "When was the lighthouse built?") == told | {"cached": True}

    @pytest.mark.parametrize("question", ["When was the lighthouse built?", " ", "x" * 501])
    def test_refuses_in_one_sentence(self, harbour: Video, question: str) -> None:
        with pytest.raises(CommandError) as refused:
            self.told(harbour, question)

        assert len(str(refused.value).splitlines()) == 1


class TestDoctor:
    def told(self) -> str:
        out = StringIO()
        with suppress(CommandError):
            call_command("doctor", stdout=out)
        lines = out.getvalue().splitlines()
        at = next(n for n, line in enumerate(lines) if "language model" in line)
        return " ".join(lines[at : at + 2])

    def test_says_that_it_is_off(self) -> None:
        assert "– " not in self.told()
        assert "off: nothing is asked or sent" in self.told()

    def test_says_whether_it_answers(self, llm: LanguageModel) -> None:
        llm.behave = [
            language_model.writes("ok"),
            language_model.fails(401),
            language_model.fails(503),
            language_model.sends_html,
        ]

        assert "✓ language model: reader, answers" in self.told()
        assert "→ See that LLM_BASE_URL, LLM_MODEL and LLM_API_KEY are right" in self.told()
        assert "answers 503" in self.told()
        assert "often …/v1" in self.told()
        assert "a-secret" not in self.told()


class TestPages:
    def test_show_the_box_only_where_there_is_a_model(
        self, client: Client, user: User, harbour: Video, settings: Any
    ) -> None:
        client.force_login(user)
        off = client.get(f"/videos/{harbour.id}/").content.decode()
        settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:1/v1", "reader"

        assert 'id="ask"' not in off
        assert 'id="ask"' in client.get(f"/videos/{harbour.id}/").content.decode()

    def test_of_the_admin_show_answers_as_text(
        self, admin_client: Client, llm: LanguageModel
    ) -> None:
        said = "The lighthouse <script>alert(1)</script> of 1874"
        video = spoken(said)
        questions.question_ask(video=video, question="Which lighthouse of 1874?")
        row = LlmAnswer.objects.get()

        page = admin_client.get(reverse("admin:videos_llmanswer_change", args=[row.id]))

        assert row.answer == said
        assert "<script>alert" not in page.content.decode()
        assert "&lt;script&gt;alert(1)" in page.content.decode()
