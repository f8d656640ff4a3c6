"""`/videos/{id}/ask` where the language model fails, and what may be spent on it."""

import threading
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from tests import language_model
from tests.asking import FACTS, answered, ask, refused, spoken
from tests.language_model import LanguageModel
from tests.patience import PATIENCE_S
from videos.models import LlmUsage, Video

pytestmark = pytest.mark.django_db


class TestServer:
    """The model's server at its worst."""

    def test_off_says_how_to_switch_it_on(self, api: APIClient, harbour: Video) -> None:
        response = ask(api, harbour, "When was the lighthouse built?")

        assert response.status_code == 409
        assert response.json()["code"] == "llm_off"
        assert "LLM_BASE_URL" in response.json()["detail"]

    @pytest.mark.parametrize(
        ("behaviour", "status", "code"),
        [
            (language_model.fails(429, Retry_After="7"), 503, "llm_unavailable"),
            (language_model.fails(503), 503, "llm_unavailable"),
            (language_model.breaks_off, 503, "llm_unavailable"),
            (language_model.fails(401), 502, "llm_refused"),
            (language_model.fails(404), 502, "llm_refused"),
            (language_model.fails(307, Location="http://127.0.0.1:1/"), 502, "llm_refused"),
            (language_model.writes("I would say 1874."), 502, "llm_invalid_answer"),
            (language_model.writes('{"answer": "yes"}'), 502, "llm_invalid_answer"),
            (language_model.writes('{"evidence": [1], "answ'), 502, "llm_invalid_answer"),
            (language_model.writes("{" * 50_000 + "}"), 502, "llm_invalid_answer"),
            (language_model.writes(""), 502, "llm_invalid_answer"),
            (language_model.sends_html, 502, "llm_refused"),
            (language_model.streams, 502, "llm_refused"),
            (language_model.says_ok_but("No such model"), 502, "llm_refused"),
            (language_model.says_ok_but({"code": 401, "message": "no"}), 502, "llm_refused"),
            (language_model.says_ok_but({"code": 429}), 503, "llm_unavailable"),
            (language_model.chooses_nothing, 502, "llm_invalid_answer"),
            (language_model.floods, 502, "llm_invalid_answer"),
            (language_model.nests, 502, "llm_refused"),
            (language_model.garbles, 503, "llm_unavailable"),
            (language_model.refuses_without_end, 502, "llm_refused"),
        ],
    )
    def test_failure_is_told(
        self,
        api: APIClient,
        harbour: Video,
        llm: LanguageModel,
        behaviour: Any,
        status: int,
        code: str,
    ) -> None:
        llm.behave = [behaviour, behaviour]

        response = ask(api, harbour, "When was the lighthouse built?")

        assert (response.status_code, response.json()["code"]) == (status, code)
        assert "a-secret" not in response.content.decode()
        assert ("Retry-After" in response.headers) == (status == 503)
        llm.behave = []
        assert answered(api, harbour, "When was the lighthouse built?")["answer"]

    def test_that_asks_for_a_pause_gets_it(
        self, api: APIClient, harbour: Video, llm: LanguageModel
    ) -> None:
        llm.behave = [language_model.fails(429, Retry_After="7")]

        response = ask(api, harbour, "When was the lighthouse built?")

        assert response.headers["Retry-After"] == "7"

    @pytest.mark.parametrize("slow", ["hangs", "trickles_headers", "trickles_body"])
    def test_that_is_too_slow_is_given_up(
        self, api: APIClient, harbour: Video, llm: LanguageModel, settings: Any, slow: str
    ) -> None:
        settings.LLM_TIMEOUT_S = 0.3
        llm.behave = [language_model.SLOW[slow](llm)]

        response = ask(api, harbour, "When was the lighthouse built?")

        assert (response.status_code, response.json()["code"]) == (503, "llm_unavailable")

    def test_that_is_not_there_is_told(
        self, api: APIClient, harbour: Video, llm: LanguageModel, settings: Any
    ) -> None:
        settings.LLM_BASE_URL = "http://127.0.0.1:1/v1"

        assert ask(api, harbour, "When was the lighthouse built?").status_code == 503

    def test_that_replies_badly_once_is_asked_again(
        self, api: APIClient, harbour: Video, llm: LanguageModel
    ) -> None:
        llm.behave = [language_model.writes("Well, 1874.")]

        assert answered(api, harbour, "When was the lighthouse built?")["answer"]
        assert "was not valid" in llm.asked[1].user

    @pytest.mark.parametrize("status", [400, 422, 500])
    def test_without_schemas_is_asked_plainly(
        self, api: APIClient, harbour: Video, llm: LanguageModel, status: int
    ) -> None:
        llm.behave = [language_model.fails(status)] * 2

        assert answered(api, harbour, "When was the lighthouse built?")["answer"]
        formats = [asked.body.get("response_format", {}).get("type") for asked in llm.asked]
        assert formats == ["json_schema", "json_object", None]

    def test_that_fails_every_way_is_told(
        self, api: APIClient, harbour: Video, llm: LanguageModel
    ) -> None:
        llm.behave = [language_model.fails(500)] * 3

        assert ask(api, harbour, "When was the lighthouse built?").status_code == 503

    @pytest.mark.parametrize(
        "around", ["```json\n{}\n```", "<think>{{hm}}</think>\n{}", "Here it is: {} Good day."]
    )
    def test_may_wrap_its_reply(
        self, api: APIClient, harbour: Video, llm: LanguageModel, around: str
    ) -> None:
        llm.reply = lambda asked: around.replace("{}", language_model.reads(asked))

        assert answered(api, harbour, "When was the lighthouse built?")["answer"]


class TestLimits:
    def test_books_what_the_server_counts(
        self, api: APIClient, harbour: Video, llm: LanguageModel
    ) -> None:
        answered(api, harbour, "When was the lighthouse built?")
        answered(api, harbour, "When was the lighthouse built?")

        assert LlmUsage.objects.get().tokens == 100

    def test_books_no_count_that_cannot_be(
        self, api: APIClient, harbour: Video, llm: LanguageModel
    ) -> None:
        llm.behave = [language_model.counts(10**30)]

        assert answered(api, harbour, "When was the lighthouse built?")["answer"]
        assert LlmUsage.objects.get().tokens == 1 << 20

    def test_books_nothing_for_a_server_that_fails(
        self, api: APIClient, harbour: Video, llm: LanguageModel
    ) -> None:
        llm.behave = [language_model.fails(502)]

        ask(api, harbour, "When was the lighthouse built?")

        assert LlmUsage.objects.get().tokens == 0

    def test_ends_with_the_days_tokens(
        self, api: APIClient, harbour: Video, llm: LanguageModel, settings: Any
    ) -> None:
        settings.LLM_DAY_TOKENS = 1500
        questions_ = ["When was the lighthouse built?", "Who was keeper of the lighthouse?"]
        answered(api, harbour, questions_[0])
        LlmUsage.objects.update(tokens=1400)

        response = ask(api, harbour, questions_[1])

        assert (response.status_code, response.json()["code"]) == (429, "llm_budget_spent")
        assert 0 < int(response.headers["Retry-After"]) <= 86_401
        assert answered(api, harbour, questions_[0])["cached"]
        assert LlmUsage.objects.get().tokens == 1400

    def test_sends_no_more_than_a_call_may_have(
        self, api: APIClient, llm: LanguageModel, settings: Any
    ) -> None:
        settings.LLM_CALL_TOKENS = 2000
        video = spoken(*(f"The lighthouse number {n} " + "shines " * 50 for n in range(20)))

        answered(api, video, "Which lighthouse number shines?")

        assert len(llm.asked[0].system + llm.asked[0].user) / 3 + 400 < 2000

    @pytest.mark.django_db(transaction=True)
    def test_turns_away_more_than_may_wait_at_once(
        self, api: APIClient, llm: LanguageModel, settings: Any
    ) -> None:
        video = spoken(*FACTS)
        waiting = threading.Barrier(settings.WEB_QUESTIONS + 1)

        def holds(handler: Any, asked: language_model.Asked) -> None:
            waiting.wait(PATIENCE_S)
            llm.release.wait(PATIENCE_S)
            language_model.completes(handler, language_model.reads(asked))

        def one(n: int) -> None:
            statuses.append(ask(api, video, f"Was the lighthouse built {n}?").status_code)
            connection.close()

        statuses: list[int] = []
        llm.behave = [holds] * settings.WEB_QUESTIONS
        threads = [threading.Thread(target=one, args=[n]) for n in range(settings.WEB_QUESTIONS)]
        for thread in threads:
            thread.start()
        waiting.wait(PATIENCE_S)
        response = ask(api, video, "When was the lighthouse built?")
        llm.release.set()
        for thread in threads:
            thread.join()

        assert (response.status_code, response.json()["code"]) == (503, "too_many_questions")
        assert response.headers["Retry-After"] == "5"
        assert statuses == [200] * settings.WEB_QUESTIONS

    @pytest.mark.parametrize("question", ["", "  ", "x" * 501, "a\x00b", 7, None])
    def test_refuses_what_is_no_question(
        self, api: APIClient, harbour: Video, llm: LanguageModel, question: Any
    ) -> None:
        response = ask(api, harbour, question)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["question"]

    @pytest.mark.parametrize("question", ["?", "the", "or", '"" -or -', ":*&|!()'"])
    def test_finds_nothing_for_what_asks_nothing(
        self, api: APIClient, harbour: Video, llm: LanguageModel, question: str
    ) -> None:
        assert refused(api, harbour, question) == "no_evidence"
