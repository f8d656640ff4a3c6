"""Models that an operator lists: pulled like others, or refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.engines import catalogue
from tests.own_models import own_model
from tests.pipeline.models_command import run

ROOT = Path(__file__).resolve().parents[2]


class TestOwnModels:
    @pytest.fixture(autouse=True)
    def _apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalogue, "CATALOGUE", dict(catalogue.CATALOGUE))

    @pytest.fixture
    def listing(self, tmp_path: Path) -> Path:
        (tmp_path / "mine.onnx").write_bytes(b"a graph")
        (tmp_path / "models.toml").write_text(own_model(tmp_path / "mine.onnx"))
        return tmp_path / "models.toml"

    def test_are_pulled_like_others(self, listing: Path, models_dir: Path) -> None:
        catalogue.add(listing)

        assert run("pull", "mine") == "✓ mine: pulled\n"

        assert catalogue.locate("mine", models_dir) == models_dir / "mine"

    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ("[mine]", "[mine", "lists no models that we understand"),
            ("mine]", "../mine]", "lists no models that we understand"),
            ("mine", "yolox-s", "lists yolox-s, which the catalogue has: rename it."),
            ('name = "mine.onnx"', 'name = "../../etc/passwd"', "files[0].name`"),
            ('licence = "MIT"', "", "missing required field `licence`"),
            ("size_bytes = ", "size_bytes = -", "files[0].size_bytes`"),
            ("path = ", 'url = "https://models.example/mine.onnx"\npath = ', "wants one of path"),
            ("path = ", "repository = ", "wants the revision"),
            ("path = ", "colour = ", "unknown field `colour`"),
        ],
    )
    def test_are_refused_in_one_sentence(
        self, listing: Path, old: str, new: str, told: str
    ) -> None:
        listing.write_text(listing.read_text().replace(old, new))

        with pytest.raises(catalogue.own.ListError) as caught:
            catalogue.add(listing)

        assert told in str(caught.value)
        assert str(listing) in str(caught.value)

    def test_are_read_at_start(self, listing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MODELS_FILE", str(listing))
        command = [sys.executable, "manage.py", "models", "list", "--json"]

        models = json.loads(subprocess.check_output(command, cwd=ROOT))
        monkeypatch.setenv("MODELS_FILE", str(listing.parent / "nowhere.toml"))
        refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

        assert models[-1]["name"] == "mine"
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.strip().endswith("cannot be read: No such file or directory.")
        assert len(refused.stderr.splitlines()) == 1
