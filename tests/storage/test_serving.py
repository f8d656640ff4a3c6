"""Uploads into a bucket, and files out of it: clients are sent there, for a while."""

from pathlib import Path
from threading import Event
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from pipeline import store
from pipeline.store import spool
from tests import factories
from tests.storage.files import kept
from tests.storage.server import Server
from videos.models import Video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bucket")]

CONTENT = b"0123456789" * 1000
PICTURES = {"poster": "image/jpeg", "storyboard": "image/jpeg", "storyboard_vtt": "text/vtt"}


def upload(api: APIClient) -> Any:
    return api.post("/api/v1/videos", {"file": SimpleUploadedFile("a.mp4", CONTENT)})


@pytest.fixture
def video(api: APIClient) -> Video:
    """A video with files of every kind, of which this machine has no copy."""
    found: Video = Video.objects.get(id=upload(api).json()["id"])
    factories.make_media(found)
    stage = factories.make_stage_run(found.runs.get(), "draw")
    folder = store.artefact_dir(found.id, "draw", found.id)
    folder.mkdir(parents=True)
    for kind, content_type in PICTURES.items():
        (folder / kind).write_bytes(kind.encode())
        path = store.relative(folder / kind)
        factories.make_rendition(found, stage, kind, path=path, content_type=content_type)
    (folder / "shot.jpg").write_bytes(b"keyframe")
    factories.make_shot(found, stage, keyframe=store.relative(folder / "shot.jpg"))
    store.keep(folder, Event())
    assert spool.evict(found.id)
    return found


def fetch(response: Any, method: str = "GET", **headers: str) -> Any:
    """Go where the answer sends us, as a client does: without our token."""
    assert response.status_code == 302
    return urlopen(Request(response["Location"], method=method, headers=headers))  # noqa: S310  our own server's


class TestUpload:
    def test_lies_in_the_bucket_before_it_is_answered(self, api: APIClient) -> None:
        response = upload(api)

        assert response.status_code == 202
        assert kept() == {f"videos/{response.json()['id']}/source"}

    @pytest.mark.parametrize(
        ("name", "value"),
        [("S3_ENDPOINT_URL", "http://127.0.0.1:9"), ("S3_SECRET_ACCESS_KEY", "wrong")],
    )
    def test_that_the_bucket_does_not_take_leaves_nothing(
        self, api: APIClient, settings: Any, media_root: Path, name: str, value: str
    ) -> None:
        right = getattr(settings, name)
        setattr(settings, name, value)

        response = upload(api)

        setattr(settings, name, right)
        assert response.status_code == 503
        assert response.json()["code"] == "storage_unavailable"
        assert response["Retry-After"]
        assert not Video.objects.exists()
        assert kept() == set()
        assert not list((media_root / "videos").glob("*"))
        assert not list((media_root / "incoming").glob("*"))


class TestMedia:
    def test_is_played_from_the_bucket_in_ranges(self, api: APIClient, video: Video) -> None:
        response = api.get(f"/api/v1/videos/{video.id}/media", headers={"Range": "bytes=1000-"})

        part = fetch(response, Range="bytes=5-9")
        assert part.status == 206
        assert part.read() == b"56789"
        assert part.headers["Content-Type"] == "video/mp4"
        assert part.headers["Content-Disposition"].startswith("inline")

    def test_is_kept_by_nobody_longer_than_it_is_good(self, api: APIClient, video: Video) -> None:
        """The address lives an hour and twice the ten seconds of the video."""
        response = api.get(f"/api/v1/videos/{video.id}/media")

        lives_s = int(parse_qs(urlsplit(response["Location"]).query)["X-Amz-Expires"][0])
        assert lives_s == 3620
        assert response["Cache-Control"] == "private, max-age=1810"

    def test_is_downloaded_under_its_name(self, api: APIClient, video: Video) -> None:
        response = api.get(f"/api/v1/videos/{video.id}/media", {"original": "true"})

        whole = fetch(response)
        assert whole.headers["Content-Disposition"] == 'attachment; filename="a.mp4"'
        assert whole.read() == CONTENT

    def test_can_be_asked_for_without_its_bytes(self, api: APIClient, video: Video) -> None:
        response = api.head(f"/api/v1/videos/{video.id}/media")

        assert fetch(response, "HEAD").headers["Content-Length"] == str(len(CONTENT))

    def test_needs_a_login_and_an_untouched_address(self, api: APIClient, video: Video) -> None:
        path = f"/api/v1/videos/{video.id}/media"
        assert APIClient().get(path).status_code == 401
        response = api.get(path)
        response["Location"] = response["Location"].replace("Expires=3620", "Expires=36200")

        with pytest.raises(HTTPError, match="403"):
            fetch(response)


class TestPictures:
    def test_come_from_the_bucket(self, api: APIClient, video: Video) -> None:
        base = f"/api/v1/videos/{video.id}"

        for name, content in (
            ("poster.jpg", b"poster"),
            ("storyboard.jpg", b"storyboard"),
            ("shots/0.jpg", b"keyframe"),
        ):
            picture = fetch(api.get(f"{base}/{name}"))
            assert picture.read() == content
            assert picture.headers["Content-Type"] == "image/jpeg"

    def test_times_come_from_here(self, api: APIClient, video: Video) -> None:
        """Browsers take a text track only from where its page came from."""
        path = f"/api/v1/videos/{video.id}/storyboard.vtt"

        response = api.get(path)
        again = api.get(path, headers={"If-None-Match": response["ETag"]})

        assert response.status_code == 200
        assert response.content == b"storyboard_vtt"
        assert response["Content-Type"] == "text/vtt"
        assert again.status_code == 304

    def test_may_be_shown_by_our_pages(self, client: Client, settings: Any, bucket: Server) -> None:
        settings.S3_ORIGINS = [bucket.url]

        policy = client.get("/healthz")["Content-Security-Policy"]

        assert f"img-src 'self' {bucket.url} data: blob:;" in policy
        assert f"media-src 'self' {bucket.url} blob:;" in policy

    def test_never_have_their_address_in_json(self, api: APIClient, video: Video) -> None:
        for path in ("", "/shots", "/timeline"):
            assert "X-Amz" not in api.get(f"/api/v1/videos/{video.id}{path}").content.decode()


class TestReady:
    def test_says_whether_the_bucket_answers(self, client: Client, settings: Any) -> None:
        well = client.get("/readyz").json()["checks"]["storage"]
        settings.S3_BUCKET = "another-one"
        ill = client.get("/readyz").json()["checks"]["storage"]

        assert well == "ok"
        assert ill == "It failed; the log says why."
