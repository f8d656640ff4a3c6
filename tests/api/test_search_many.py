"""`/search` where words are so common that not all passages which have them are ranked."""

from typing import Any

import numpy as np
import pytest
from django.db import connection
from rest_framework.test import APIClient

from tests import factories
from videos.models import Passage, Video
from videos.models.passage import SHARES
from videos.selectors.search import Scope, lexical, semantic
from videos.selectors.search.words import parse

pytestmark = pytest.mark.django_db

URL = "/api/v1/search"
RANKED, READ = 4, 8


@pytest.fixture(autouse=True)
def _few_are_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "RANKED", RANKED)
    monkeypatch.setattr(lexical, "_READ", READ)


@pytest.fixture
def video(db: None) -> Video:
    """One in which more is said of doors than is ranked, in each share of the index."""
    video = factories.make_video()
    for n in range(2 * READ):
        factories.make_passage(video, f"the door is red and not number{chr(97 + n)}")
    return video


def texts(api: APIClient, words: str, **query: Any) -> list[str]:
    response = api.get(URL, {"q": words, "by": "lexical"} | query)
    assert response.status_code == 200, response.content
    return [one["text"] for one in response.json()["results"]]


class TestCommonWords:
    @pytest.mark.parametrize("words", ["door", "doo*", '"door is red"', "door -green"])
    def test_are_ranked_up_to_a_bound(self, api: APIClient, video: Video, words: str) -> None:
        answer = api.get(URL, {"q": words, "by": "lexical", "facets": "true"}).json()

        assert len(answer["results"]) == RANKED
        assert answer["facets"]["kinds"] == [{"value": "cue", "count": RANKED}]

    def test_hide_no_rare_one(self, api: APIClient, video: Video) -> None:
        factories.make_passage(video, "the red door of a lighthouse")

        for words in ("lighthouse", "light*", "red door light*", '"door of a lighthouse"'):
            assert texts(api, words) == ["the red door of a lighthouse"]

    def test_are_found_in_every_share(self, api: APIClient, video: Video) -> None:
        for n in range(SHARES):
            word = f"number{chr(97 + n)}"

            assert texts(api, f"{word} -green") == [f"the door is red and not {word}"]

    @pytest.mark.parametrize("narrowed", ["video", "kinds", "language", "label", "workspace"])
    def test_are_found_in_what_is_searched_alone(
        self, api: APIClient, video: Video, narrowed: str
    ) -> None:
        other = factories.make_video()
        kind = Passage.Kind.OBJECT if narrowed in ("kinds", "label") else Passage.Kind.CUE
        factories.make_passage(other, "red door", kind=kind, config="german", language="de")
        if narrowed == "workspace":
            Passage.objects.filter(video=video).update(workspace=factories.make_workspace())
        asked = {
            "video": {"video": str(other.id)},
            "kinds": {"kinds": "object,text"},
            "language": {"language": "de"},
            "label": {"label": "Red door"},
            "workspace": {},
        }[narrowed]

        assert texts(api, "red door", **asked) == ["red door"]

    def test_in_another_order_hide_a_phrase_past_the_bound(
        self, api: APIClient, video: Video
    ) -> None:
        for _ in range(SHARES * READ // 2):
            factories.make_passage(video, "a red door")
        in_the_last_share = 2**40 + SHARES - 1
        factories.make_passage(video, "a door red as fire", id=in_the_last_share)

        assert texts(api, '"door red"') == []
        assert texts(api, '"door red as fire"') == ["a door red as fire"]


class TestTheIndexOfWords:
    def test_answers_with_what_is_searched_alone(self, video: Video) -> None:
        scope = Scope(video.workspace_id, kinds=["cue"], video_id=video.id, language="en")
        plans: list[str] = []

        def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if "ts_rank_cd" in sql:
                with connection.cursor() as cursor:
                    cursor.cursor.execute(f"EXPLAIN {sql}", params)
                    plans.extend(line for (line,) in cursor.fetchall())
            return execute(sql, params, many, context)

        with connection.cursor() as cursor:  # what a table of so few rows would be read by
            cursor.execute("DROP INDEX passage_kinds, passage_of_video")
            cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'videos_passage'")
            (own,) = (name for (name,) in cursor.fetchall() if "video_id" in name)
            cursor.execute(f"DROP INDEX {own}")
        with connection.execute_wrapper(explain):
            found = lexical.by_words(
                scope, parse('"classes door is red" or door'), ["english", "danish"], 10
            )

        assert len(found) == RANKED
        used = [line for line in plans if "Bitmap Index Scan on passage_words_" in line]
        conditions = [line for line in plans if "Index Cond" in line]
        assert len(used) == len(conditions) == SHARES
        assert all("@@" in one and "@>" in one and "&&" in one for one in conditions)


class TestTheIndexOfMeanings:
    @pytest.fixture
    def video(self, db: None) -> Video:
        """One of whose passages one in three means much the same, and none quite."""
        chance = np.random.default_rng(5)
        shared = chance.standard_normal(384)
        video = factories.make_video()
        for n in range(120):
            vector = chance.standard_normal(384) * (0.1 if n % 3 == 0 else 1) + shared
            vector /= np.linalg.norm(vector)
            factories.make_passage(
                video,
                f"a {'door' if n % 2 else 'ship'}",
                start_ms=n,
                weight=0.5 if n % 5 == 0 else 1.0,
                kind=Passage.Kind.TEXT if n % 4 == 0 else Passage.Kind.CUE,
                vector=str(vector.round(4).tolist()),
            )
        return video

    def test_finds_what_comparing_all_does(
        self, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vector = str(np.random.default_rng(5).standard_normal(384).tolist())
        asked = [
            (Scope(video.workspace_id, kinds=kinds), parse(words), ["english"], vector, 10)
            for kinds in (None, ["text"])
            for words in ("", "-door")
        ]
        compared = [semantic.by_meaning(*one) for one in asked]
        monkeypatch.setattr(semantic, "_FEW", -1)

        assert [semantic.by_meaning(*one) for one in asked] == compared
        assert [len(one) for one in compared] == [10] * 4
