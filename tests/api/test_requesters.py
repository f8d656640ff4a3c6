"""Who uploaded a video, and who asked for each of its runs."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from pipeline.models import PipelineRun
from tests import factories
from videos.models import Video
from videos.services import store_stream, video_create

pytestmark = pytest.mark.django_db

URL = "/api/v1/videos"


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("operator")


def requester(video: Video) -> User | None:
    """Return who asked for the newest run."""
    run: PipelineRun = PipelineRun.objects.filter(video=video).latest("created_at")
    return run.requested_by


class TestRequester:
    def test_is_who_uploads(self, api: APIClient, user: User) -> None:
        api.post(URL, {"file": SimpleUploadedFile("harbour.mp4", b"bytes")})

        video = Video.objects.get()
        assert video.uploaded_by == requester(video) == user

    def test_is_nobody_on_the_command_line(self) -> None:
        video = video_create(
            workspace=factories.default_workspace(),
            upload=store_stream(chunks=[b"bytes"], filename="harbour.mp4"),
        )

        assert video.uploaded_by is requester(video) is None

    @pytest.mark.parametrize("action", ["retry", "reprocess"])
    def test_is_who_has_it_run_again(self, api: APIClient, user: User, action: str) -> None:
        video = factories.make_video(status=Video.Status.FAILED)

        api.post(f"{URL}/{video.id}/{action}")

        assert requester(video) == user
        assert Video.objects.get().uploaded_by is None

    @pytest.mark.parametrize("action", ["retry", "reprocess"])
    def test_is_the_operator_in_the_admin(
        self, client: Client, operator: User, action: str
    ) -> None:
        client.force_login(operator)
        video = factories.make_video(status=Video.Status.FAILED)

        client.post(
            reverse("admin:videos_video_changelist"),
            {"action": action, "_selected_action": [str(video.id)]},
        )

        assert requester(video) == operator

    def test_is_who_wants_to_see_it(self, api: APIClient, user: User) -> None:
        video = factories.make_video(status=Video.Status.COMPLETED)
        factories.make_media(video, container="matroska")

        api.get(f"{URL}/{video.id}/media")

        assert requester(video) == user

    def test_that_leaves_takes_no_video_along(self, api: APIClient, user: User) -> None:
        api.post(URL, {"file": SimpleUploadedFile("harbour.mp4", b"bytes")})

        user.delete()

        assert requester(Video.objects.get()) is None
