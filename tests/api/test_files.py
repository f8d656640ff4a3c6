"""Media with ranges, renditions, keyframes."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from pipeline import store
from tests import factories
from tests.api.reading import url
from videos.api.files.ranges import LARGEST_PART_BYTES
from videos.models import Video

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(250)) * 4


@pytest.fixture
def video(db: None, media_root: Path) -> Video:
    """A playable video of 1000 bytes."""
    video = factories.make_video(status=Video.Status.COMPLETED, filename='ha"r\u00e9.mp4')
    factories.make_media(video)
    source = store.source_path(video.id)
    source.parent.mkdir(parents=True)
    source.write_bytes(CONTENT)
    return video


def body(response: Any) -> bytes:
    return b"".join(response)


class TestMedia:
    def test_whole_file(self, api: APIClient, video: Video) -> None:
        response = api.get(url(video, "media"))

        assert response.status_code == 200
        assert body(response) == CONTENT
        assert response["Content-Type"] == "video/mp4"
        assert response["Content-Length"] == "1000"
        assert response["Accept-Ranges"] == "bytes"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"].startswith("private")
        assert response["Content-Disposition"].startswith("inline; filename*=utf-8''ha%22r")

    @pytest.mark.parametrize(
        ("wanted", "start", "end"),
        [
            ("bytes=0-9", 0, 10),
            ("bytes=990-", 990, 1000),
            ("bytes=-10", 990, 1000),
            ("bytes=-5000", 0, 1000),
            ("bytes=500-99999", 500, 1000),
            ("bytes=999-999", 999, 1000),
        ],
    )
    def test_part(self, api: APIClient, video: Video, wanted: str, start: int, end: int) -> None:
        response = api.get(url(video, "media"), headers={"Range": wanted})

        assert response.status_code == 206
        assert response["Content-Range"] == f"bytes {start}-{end - 1}/1000"
        assert response["Content-Length"] == str(end - start)
        assert body(response) == CONTENT[start:end]

    @pytest.mark.parametrize("wanted", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
    def test_part_behind_the_end(self, api: APIClient, video: Video, wanted: str) -> None:
        response = api.get(url(video, "media"), headers={"Range": wanted})

        assert response.status_code == 416
        assert response["Content-Range"] == "bytes */1000"
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "range_not_satisfiable"

    @pytest.mark.parametrize(
        "wanted",
        ["bytes=0-1,5-6", "bytes=9-0", "bytes=-", "bytes=a-b", "seconds=0-1", "bytes=\u0661-"],
    )
    def test_what_is_no_single_range_gets_the_whole(
        self, api: APIClient, video: Video, wanted: str
    ) -> None:
        response = api.get(url(video, "media"), headers={"Range": wanted})

        assert response.status_code == 200
        assert body(response) == CONTENT

    def test_unchanged_file_is_not_sent_again(self, api: APIClient, video: Video) -> None:
        etag = api.get(url(video, "media"))["ETag"]

        response = api.get(url(video, "media"), headers={"If-None-Match": f'"x", {etag}'})

        assert response.status_code == 304
        assert response["ETag"] == etag

    def test_part_of_a_changed_file_is_the_whole(self, api: APIClient, video: Video) -> None:
        etag = api.get(url(video, "media"))["ETag"]

        same = api.get(url(video, "media"), headers={"Range": "bytes=0-9", "If-Range": etag})
        other = api.get(url(video, "media"), headers={"Range": "bytes=0-9", "If-Range": '"old"'})

        assert same.status_code == 206
        assert other.status_code == 200

    def test_head_tells_the_size_and_sends_nothing(self, api: APIClient, video: Video) -> None:
        response = api.head(url(video, "media"))

        assert response.status_code == 200
        assert response["Content-Length"] == "1000"
        assert response.content == b""

    def test_original_is_an_attachment(self, api: APIClient, video: Video) -> None:
        response = api.get(url(video, "media"), {"original": "true"})

        assert response["Content-Disposition"].startswith("attachment")
        assert body(response) == CONTENT

    def test_original_is_there_while_it_is_analysed(self, api: APIClient, video: Video) -> None:
        processing = factories.make_video(status=Video.Status.PROCESSING)
        store.source_path(processing.id).parent.mkdir(parents=True)
        store.source_path(processing.id).write_bytes(CONTENT)

        response = api.get(url(processing, "media"), {"original": "true"})

        assert response.status_code == 200
        assert body(response) == CONTENT

    def test_plays_by_session(self, client: Any, user: Any, video: Video) -> None:
        client.force_login(user)

        assert client.get(url(video, "media")).status_code == 200

    def test_missing_file_is_not_found(self, api: APIClient, video: Video) -> None:
        store.remove(video.id)

        response = api.get(url(video, "media"))

        assert response.status_code == 404


class TestLargeFile:
    """Slow readers may not hold every thread."""

    @pytest.fixture(autouse=True)
    def large(self, video: Video) -> bytes:
        content = CONTENT * 5000
        store.source_path(video.id).write_bytes(content)
        return content

    def test_is_played_in_parts(self, api: APIClient, video: Video, large: bytes) -> None:
        first = api.get(url(video, "media"), headers={"Range": "bytes=1000-"})
        rest = api.get(
            url(video, "media"), headers={"Range": f"bytes={LARGEST_PART_BYTES + 1000}-"}
        )

        assert first.status_code == rest.status_code == 206
        assert first["Content-Range"] == f"bytes 1000-{LARGEST_PART_BYTES + 999}/5000000"
        assert not first.streaming  # no thread waits for the reader
        assert int(first["Content-Length"]) == LARGEST_PART_BYTES
        assert body(first) == large[1000 : LARGEST_PART_BYTES + 1000]
        assert rest["Content-Range"].startswith(f"bytes {LARGEST_PART_BYTES + 1000}-")

    def test_is_downloaded_whole(self, api: APIClient, video: Video, large: bytes) -> None:
        inline = api.get(url(video, "media"))
        resumed = api.get(
            url(video, "media"), {"original": "true"}, headers={"Range": "bytes=1000-"}
        )

        assert body(inline) == large
        assert resumed["Content-Range"] == "bytes 1000-4999999/5000000"
        assert body(resumed) == large[1000:]

    def test_is_refused_beside_too_many_downloads(self, api: APIClient, video: Video) -> None:
        downloads = [api.get(url(video, "media")) for _ in range(settings.WEB_THREADS // 2)]

        refused = api.get(url(video, "media"))
        part = api.get(url(video, "media"), headers={"Range": "bytes=0-"})
        body(downloads.pop())
        again = api.get(url(video, "media"))

        assert {response.status_code for response in downloads} == {200}
        assert refused.status_code == 503
        assert refused.json()["code"] == "too_many_downloads"
        assert refused["Retry-After"] == "10"
        assert part.status_code == 206
        assert again.status_code == 200
        for response in (*downloads, again):
            body(response)


class TestPictures:
    def test_keyframe_and_renditions_are_served(
        self, api: APIClient, video: Video, media_root: Path
    ) -> None:
        stage = factories.make_stage_run(factories.make_run(video))
        shot = factories.make_shot(video, stage)
        (media_root / shot.keyframe).write_bytes(b"keyframe")
        for kind, content_type in (
            ("poster", "image/jpeg"),
            ("storyboard", "image/jpeg"),
            ("storyboard_vtt", "text/vtt"),
        ):
            row = factories.make_rendition(video, stage, kind, content_type=content_type)
            (media_root / row.path).write_bytes(kind.encode())

        assert body(api.get(url(video, "shots/0.jpg"))) == b"keyframe"
        assert body(api.get(url(video, "poster.jpg"))) == b"poster"
        assert body(api.get(url(video, "storyboard.jpg"))) == b"storyboard"
        response = api.get(url(video, "storyboard.vtt"))
        assert body(response) == b"storyboard_vtt"
        assert response["Content-Type"] == "text/vtt"

    @pytest.mark.parametrize("name", ["shots/0.jpg", f"shots/{10**30}.jpg", "poster.jpg"])
    def test_what_was_not_made_is_not_found(self, api: APIClient, video: Video, name: str) -> None:
        response = api.get(url(video, name), headers={"Accept": "image/jpeg"})

        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"
