"""Questions about videos in which somebody says something."""

from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from rest_framework.test import APIClient

from tests import factories
from videos.models import Passage, Video

FACTS = [
    "Welcome to the harbour.",
    "Ships leave the harbour at dawn.",
    "They carry grain and timber.",
    "The lighthouse was built in 1874.",
    "Its keeper had three daughters.",
    "Nobody has lived there since the war.",
]


def spoken(*cues: str, **values: Any) -> Video:
    """Make a video in which somebody says so, a cue every ten seconds."""
    video = factories.make_video(**values)
    stage = factories.make_stage_run(factories.make_run(video), "transcribe")
    for at, text in enumerate(cues):
        span = {"start_ms": at * 10_000, "end_ms": at * 10_000 + 4000}
        factories.make_cue(video, stage, text=text, **span)
        factories.make_passage(video, text, **span)
    return video


def shown(video: Video, text: str, **values: Any) -> None:
    """Have a text be on screen."""
    vector = SearchVector(Value(text), config="english")
    factories.make_passage(video, text, kind=Passage.Kind.TEXT, search=vector, **values)


def ask(api: APIClient, video: Video, question: str) -> Any:
    return api.post(f"/api/v1/videos/{video.id}/ask", {"question": question}, format="json")


def answered(api: APIClient, video: Video, question: str) -> dict[str, Any]:
    response = ask(api, video, question)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    assert bool(answer["citations"]) == bool(answer["answer"]) == (not answer["refused"])
    return answer


def refused(api: APIClient, video: Video, question: str) -> str:
    return str(answered(api, video, question)["reason"]["code"])
