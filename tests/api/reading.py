"""Where the parts of a video are read, and what reading costs."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from videos.models import Video


def url(video: Video, part: str) -> str:
    return f"/api/v1/videos/{video.id}/{part}"


def queries_of(api: APIClient, address: str) -> int:
    """Return how many queries a GET takes."""
    with CaptureQueriesContext(connection) as queries:
        response = api.get(address)
    assert response.status_code == 200, response.content
    return len(queries)
