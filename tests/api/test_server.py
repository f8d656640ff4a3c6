"""Stages, schema, health, and what the web process loads."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from pipeline import registry
from pipeline.services import announce

_IMPORTS = """
import sys, django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
from rest_framework.test import APIRequestFactory, force_authenticate
from django.contrib.auth.models import User
from videos.api.server.views import StagesView
request = APIRequestFactory().get("/api/v1/stages")
force_authenticate(request, User(username="ada"))
response = StagesView.as_view()(request)
assert response.status_code == 200 and response.data["stages"], response.data
heavy = "av cv2 onnxruntime ctranslate2 faster_whisper rapidocr scenedetect torch numpy openai"
print(",".join(name for name in heavy.split() if name in sys.modules))
"""


class TestStages:
    def test_lists_stages_with_parameters_and_licences(self, api: APIClient) -> None:
        stages = {stage["name"]: stage for stage in api.get("/api/v1/stages").json()["stages"]}

        assert set(stages) == {stage.name for stage in registry.stages()}
        assert stages["probe"]["needs"] == []
        assert stages["detect_shots"]["needs"] == ["sample_frames"]
        licences = {model["licence"] for model in stages["transcribe"]["models"]}
        assert licences == {"MIT"}

    def test_tells_where_models_come_from_and_how_to_bring_them(
        self, api: APIClient, settings: Any, tmp_path: Path
    ) -> None:
        settings.MODELS_DIR = tmp_path

        stages = {stage["name"]: stage for stage in api.get("/api/v1/stages").json()["stages"]}

        (speech,) = stages["transcribe"]["models"]
        (objects,) = stages["find_objects"]["models"]
        assert (speech["present"], speech["mend"]) == (True, "")
        assert (objects["present"], objects["licence"]) == (False, "Apache-2.0")
        assert objects["mend"] == "python manage.py models pull yolox-nano"
        assert objects["size_bytes"] == objects["files"][0]["size_bytes"] == 3_660_092
        assert objects["files"][0]["source"].startswith("https://raw.githubusercontent.com/")
        assert len(objects["files"][0]["sha256"]) == 64

    def test_and_all_addresses_load_no_ai(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", _IMPORTS],
            env={"DJANGO_SETTINGS_MODULE": "videointel.settings", "SECRET_KEY": "x" * 50},
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == ""


class TestSchema:
    def test_is_openapi_3_1(self, api: APIClient) -> None:
        response = api.get("/api/schema", headers={"Accept": "application/json"})

        assert response.status_code == 200
        assert response.json()["openapi"].startswith("3.1")

    def test_every_failure_is_documented_with_an_example(self, api: APIClient) -> None:
        document = api.get("/api/schema", headers={"Accept": "application/json"}).json()

        operations = [
            (path, method, operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
        ]
        assert len(operations) > 15
        for path, method, operation in operations:
            responses = operation["responses"]
            assert {"401", "500"} <= set(responses), (path, method)
            assert "{" not in path or "404" in responses, (path, method)
            for status, response in responses.items():
                if int(status) >= 400:
                    assert response["content"]["application/problem+json"]["examples"], path

    def test_page_asks_to_sign_in(self, client: Client) -> None:
        response = client.get("/api/docs", headers={"Accept": "text/html"})

        assert response.status_code == 302
        assert response["Location"].endswith("?next=/api/docs")

    def test_page_loads_nothing_from_elsewhere(self, client: Client, user: Any) -> None:
        client.force_login(user)

        page = client.get("/api/docs", headers={"Accept": "text/html"}).content.decode()

        assert "https://" not in page
        assert "<script>" not in page.replace(" ", "")


@pytest.mark.django_db
class TestHealth:
    def test_process_answers_without_login(self, client: Client) -> None:
        assert client.get("/healthz").json() == {"status": "ok"}

    def test_ready_with_a_worker_for_each_queue(self, client: Client, settings: Any) -> None:
        for queue in settings.PIPELINE_QUEUES:
            announce(queue)

        response = client.get("/readyz")

        assert response.status_code == 200
        assert response.json() == {
            "status": "ok",
            "checks": {"database": "ok", "queue": "ok", "storage": "ok", "workers": "ok"},
        }

    def test_not_ready_without_a_worker_for_each_queue(self, client: Client) -> None:
        announce("cpu")

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json()["checks"]["workers"].startswith("No worker serves io and net.")

    def test_not_ready_without_a_disk(
        self, client: Client, media_root: Path, settings: Any
    ) -> None:
        settings.MEDIA_ROOT = media_root / "file"
        settings.MEDIA_ROOT.write_text("in the way")

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json()["checks"]["storage"] == "It failed; the log says why."
