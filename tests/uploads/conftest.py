import pytest
from rest_framework.test import APIClient

from tests.uploads.tus import Tus


@pytest.fixture
def tus(api: APIClient) -> Tus:
    return Tus(api)
