"""`POST /videos` with an address: what is taken up, and what is refused before anything is fetched."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from rest_framework.test import APIClient

from videos.models import Video

pytestmark = pytest.mark.django_db

URL = "/api/v1/videos"
SOURCE = "https://video.example.org/talks/Harbour%20at%20dawn.mp4"


class TestSourceUrl:
    @pytest.mark.parametrize("form", ["json", "multipart"])
    def test_answers_202_before_a_byte_is_fetched(self, api: APIClient, form: str) -> None:
        values = {"source_url": SOURCE, "language": "en", "priority": 7}

        response = api.post(URL, values, format=form)

        assert response.status_code == 202
        video = response.json()
        assert response["Location"] == video["url"]
        assert video["status"] == "UPLOADED"
        assert video["source_url"] == SOURCE
        assert (video["title"], video["filename"]) == ("Harbour at dawn", "Harbour at dawn.mp4")
        assert (video["size_bytes"], video["checksum_sha256"]) == (None, None)
        assert (video["language"], video["priority"]) == ("en", 7)
        assert video["progress"] == 0.0

    def test_shows_the_fetch_before_the_analysis(self, api: APIClient) -> None:
        stages = api.post(URL, {"source_url": SOURCE}, format="json").json()["stages"]

        assert [stage["name"] for stage in stages][:2] == ["fetch", "probe"]
        assert [stage["status"] for stage in stages][:2] == ["QUEUED", "WAITING"]
        assert stages[1]["waiting_for"]["message"] == "Waiting for fetch."

    def test_has_no_file_yet(self, api: APIClient) -> None:
        video = api.post(URL, {"source_url": SOURCE}, format="json").json()

        assert api.get(f"{video['url']}/media").status_code == 202
        assert api.get(f"{video['url']}/media?original=true").status_code == 404

    def test_is_fetched_once_under_one_idempotency_key(self, api: APIClient) -> None:
        first, again = (
            api.post(URL, {"source_url": SOURCE}, format="json", HTTP_IDEMPOTENCY_KEY="a-key")
            for _ in range(2)
        )

        assert first.json()["id"] == again.json()["id"]
        assert Video.objects.count() == 1

    def test_drops_the_fragment(self, api: APIClient) -> None:
        video = api.post(URL, {"source_url": f"{SOURCE}#t=10"}, format="json").json()

        assert video["source_url"] == SOURCE


class TestRefusedSourceUrl:
    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1/clip.mp4",
            "http://localhost/clip.mp4",
            "http://0x7f.1/clip.mp4",
            "http://[::ffff:169.254.169.254]/latest/",
            "https://ada:secret@example.org/clip.mp4",
            "https://example.org:22/clip.mp4",
            "ftp://example.org/clip.mp4",
            "file:///etc/passwd",
            "harbour.mp4",
        ],
    )
    def test_says_why(self, api: APIClient, url: str) -> None:
        response = api.post(URL, {"source_url": url}, format="json")

        assert response.status_code == 400
        problem = response.json()
        assert problem["code"] == "address_refused"
        assert problem["errors"] == {"source_url": [problem["detail"]]}
        assert "secret" not in response.content.decode()
        assert not Video.objects.exists()

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "source_url"),
            ({"source_url": ""}, "source_url"),
            ({"source_url": None}, "source_url"),
            ({"source_url": ["a"]}, "source_url"),
            ({"source_url": "https://example.org/\x00"}, "source_url"),
            ({"source_url": "https://example.org/" + "a" * 2000}, "source_url"),
            ({"source_url": SOURCE, "file": "harbour.mp4"}, "file"),
            ({"source_url": SOURCE, "on_duplicate": "return"}, "on_duplicate"),
            ({"source_url": SOURCE, "titel": "Dawn"}, "titel"),
            ({"source_url": SOURCE, "priority": 10}, "priority"),
            ([SOURCE], "non_field_errors"),
        ],
    )
    def test_names_the_field(self, api: APIClient, body: Any, field: str) -> None:
        response = api.post(URL, body, format="json")

        assert response.status_code == 400
        assert response.json()["code"] == "validation_error"
        assert list(response.json()["errors"]) == [field]
        assert not Video.objects.exists()

    @pytest.mark.parametrize(
        ("form", "says"),
        [
            ({"source_url": SOURCE, "file": ContentFile(b"x", "x.mp4")}, "not both"),
            ({"title": "Dawn"}, "Send a file, or its address"),
            ({"file": ContentFile(b"x", "x.mp4"), "profile": "best"}, "fast, standard, full"),
        ],
    )
    def test_says_what_a_form_wants(self, api: APIClient, form: Any, says: str) -> None:
        response = api.post(URL, form)

        assert response.status_code == 400
        ((message,),) = response.json()["errors"].values()
        assert says in message

    def test_counts_against_the_quota(self, api: APIClient, workspace: Any) -> None:
        workspace.max_videos = 0
        workspace.save()

        response = api.post(URL, {"source_url": SOURCE}, format="json")

        assert response.json()["code"] == "quota_exceeded"
        assert not Video.objects.exists()
