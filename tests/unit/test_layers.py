"""Every module has its place in the layers that `lint-imports` checks."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS: list[str] = next(c["layers"] for c in LINTER["contracts"] if c["type"] == "layers")
LAYERED = list(chain.from_iterable(re.findall(r"[\w.]+", layer) for layer in LAYERS))


def _modules() -> list[str]:
    """Return the modules and packages right below the root packages."""
    return sorted(
        f"{package}.{path.stem}"
        for package in LINTER["root_packages"]
        for path in (ROOT / package).iterdir()
        if path.stem != "__init__" and (path.suffix == ".py" or any(path.glob("**/*.py")))
    )


class TestLayers:
    @pytest.mark.parametrize("module", _modules())
    def test_hold_every_module(self, module: str) -> None:
        assert module in LAYERED, f"give {module} its layer in pyproject.toml"

    def test_name_each_module_once(self) -> None:
        assert len(LAYERED) == len(set(LAYERED))

    @pytest.mark.parametrize("contract", LINTER["contracts"], ids=lambda c: str(c["name"]))
    def test_ignore_no_import(self, contract: dict[str, object]) -> None:
        assert "ignore_imports" not in contract
