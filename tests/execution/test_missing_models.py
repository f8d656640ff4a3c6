"""A stage without its model, and what an operator does about it, in a real child process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from pipeline import computation, registry
from pipeline.engines import catalogue
from tests.execution.conftest import make_started_video, stage, work_off
from tests.own_models import own_model
from videos.models import Video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def weights(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of the model `mine`, which a stage wants and `MODELS_DIR` lacks."""
    path = tmp_path / "mine.bin"
    path.write_bytes(b"weights")
    settings.MODELS_FILE = tmp_path / "models.toml"
    settings.MODELS_FILE.write_text(own_model(path))
    settings.MODELS_DIR = tmp_path / "models"
    settings.MIN_FREE_BYTES = 0
    monkeypatch.setattr(catalogue, "CATALOGUE", dict(catalogue.CATALOGUE))
    catalogue.add(settings.MODELS_FILE)
    settings.PIPELINE_STAGES = {"tests.execution.attempts.UseOwnModel": {}}
    settings.PIPELINE_PROFILES = {"standard": {"try": {}}}
    registry.stages.cache_clear()
    yield path
    computation.discard_children()
    registry.stages.cache_clear()


class TestMissingModel:
    def test_skips_its_stage_until_it_is_pulled(self, weights: Path) -> None:
        video = work_off(make_started_video())
        skipped = stage(video, "try")

        call_command("models", "pull", "mine")
        call_command("videos", "reprocess", "--skipped", "model_missing")
        work_off(video)

        assert skipped.reason is not None
        assert (skipped.status, skipped.reason["code"]) == ("SKIPPED", "model_missing")
        assert "`python manage.py models pull mine`" in skipped.reason["message"]
        assert stage(video, "try").status == "SUCCEEDED"
        assert video.status == Video.Status.COMPLETED

    def test_that_is_altered_skips_its_stage_too(self, weights: Path, settings: Any) -> None:
        call_command("models", "pull", "mine")
        (settings.MODELS_DIR / "mine" / "mine.bin").write_bytes(b"weighty")

        video = work_off(make_started_video())

        reason = stage(video, "try").reason
        assert reason is not None
        assert (reason["code"], video.status) == ("model_missing", Video.Status.COMPLETED)
        assert reason["message"].startswith("mine.bin of mine is altered. Run `python manage.py")
