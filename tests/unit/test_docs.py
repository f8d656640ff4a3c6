"""The reference pages name what the code has: every setting, stage and error code, and no more."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework import exceptions

from pipeline.engines.catalogue.entries import MODELS

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
SOURCES = ("videointel", "videos", "pipeline")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FAILURES = {"StageError", "NoVector", "NotApplicable", "TransientError", "PipelineError"}
_CODE = re.compile(r"[a-z]+(_[a-z]+)+")


def _trees(*folders: str) -> Iterator[ast.AST]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text(), str(path))


def _nodes(*folders: str) -> Iterator[ast.AST]:
    for tree in _trees(*folders):
        yield from ast.walk(tree)


def _text(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def settings_read() -> set[str]:
    """Return the names in `env.int("NAME", …)` and the like."""
    return {
        name
        for node in _nodes("videointel/settings")
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and node.args
        and (name := _text(node.args[0]))
    }


def codes_raised() -> set[str]:
    """Return the error codes that the source spells out."""
    return {code for node in _nodes(*SOURCES) for code in _codes(node)}


def _codes(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(code)), *_]) if (
            name in _FAILURES
        ):
            yield code
        # pipeline.child tells how a stage ended; videos.api.errors answers; ModelMissing inherits.
        case ast.Call(func=ast.Name(id="Ended" | "problem" | "_outside_views"), args=args):
            yield from _first_code(args)
        case ast.Call(func=ast.Attribute(attr="__init__"), args=args):
            yield from _first_code(args)
        case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
            yield code
        case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
            yield code
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            yield from (c for key, value in pairs if _text(key) == "code" and (c := _text(value)))


def _first_code(args: Iterable[ast.expr]) -> Iterator[str]:
    texts = (text for arg in args if (text := _text(arg)))
    yield from (text for text in texts if _CODE.fullmatch(text))


def framework_codes() -> set[str]:
    """Return the codes of what Django REST framework itself raises."""
    return {
        kind.default_code
        for kind in vars(exceptions).values()
        if isinstance(kind, type) and issubclass(kind, exceptions.APIException)
    }


def rows(page: str) -> list[str]:
    """Return what a reference page's tables name in their first column."""
    return re.findall(r"^\| `([^`]+)` \|", (REFERENCE / page).read_text(), flags=re.MULTILINE)


def section(page: str, name: str) -> str:
    """Return what stands under the heading `name`."""
    return page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]


def example_settings() -> list[str]:
    """Return the variables of `.env.example`, set or commented out."""
    return re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)


def compose_settings() -> set[str]:
    """Return the variables that the compose file alone reads."""
    return set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))


class TestSettings:
    def test_are_all_in_the_reference(self) -> None:
        assert settings_read() <= set(rows("settings.md"))

    def test_are_all_in_the_example(self) -> None:
        assert settings_read() | compose_settings() <= set(example_settings())

    @pytest.mark.parametrize("listed", [rows("settings.md"), example_settings()])
    def test_are_listed_once_and_exist(self, listed: list[str]) -> None:
        assert sorted(listed) == sorted(set(listed))
        assert set(listed) <= settings_read() | compose_settings() | {"COMPOSE_PROFILES"}


class TestErrors:
    def test_are_all_in_the_reference(self) -> None:
        assert codes_raised() <= set(rows("errors.md"))

    def test_are_listed_once_and_exist(self) -> None:
        listed = rows("errors.md")

        assert sorted(listed) == sorted(set(listed))
        assert set(listed) <= codes_raised() | framework_codes()


class TestStages:
    def test_have_a_section_each(self) -> None:
        sections = re.findall(
            r"^## (\w+)$", (REFERENCE / "stages.md").read_text(), flags=re.MULTILINE
        )

        assert sections == [import_string(path).name for path in settings.PIPELINE_STAGES]

    @pytest.mark.parametrize("path", settings.PIPELINE_STAGES)
    def test_have_their_parameters_in_the_reference(self, path: str) -> None:
        stage = import_string(path)()
        page = (REFERENCE / "stages.md").read_text()

        listed = re.findall(r"^\| `(\w+)` \|", section(page, stage.name), flags=re.MULTILINE)

        assert listed == list(vars(stage))

    @pytest.mark.parametrize("path", settings.PIPELINE_STAGES)
    def test_have_their_numbers_in_the_reference(self, path: str) -> None:
        stage = import_string(path)()
        page = (REFERENCE / "stages.md").read_text()
        numbers = {name: str(v) for name, v in vars(stage).items() if type(v) in (int, float)}

        listed = re.findall(
            r"^\| `(\w+)` \| ([\d.]+)(?=;| \|)", section(page, stage.name), flags=re.MULTILINE
        )

        assert dict(listed) == numbers

    @pytest.mark.parametrize("told", ["**Cost**", "Deadline", "**Limits**"])
    def test_say_what_they_cost_and_what_they_cannot(self, told: str) -> None:
        page = (REFERENCE / "stages.md").read_text()
        names = [import_string(path).name for path in settings.PIPELINE_STAGES]

        assert [name for name in names if told not in section(page, name)] == []


class TestLinks:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
    def test_between_pages_lead_to_files(self, page: Path) -> None:
        named = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

        assert [name for name in named if not (page.parent / name).exists()] == []


class TestDecisions:
    def test_are_all_listed_in_order(self) -> None:
        folder = ROOT / "docs" / "decisions"

        listed = re.findall(
            r"^\d+\. \[[^]]+\]\((\d{4}-[^)]+)\)",
            (folder / "README.md").read_text(),
            flags=re.MULTILINE,
        )

        assert listed == sorted(path.name for path in folder.glob("0*.md"))


class TestModels:
    def test_are_all_in_the_reference_with_their_licences(self) -> None:
        listed = re.findall(
            r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|",
            (REFERENCE / "models.md").read_text(),
            flags=re.MULTILINE,
        )

        assert sorted(listed) == sorted((m.name, m.licence) for m in MODELS)


class TestExecution:
    def test_names_tests_that_there_are(self) -> None:
        """A file, or a class in it, or the beginning of a test's name in that: `…` is the rest."""
        page = (REFERENCE / "execution.md").read_text()

        named = re.findall(r"`([\w/]*test_\w+\.py)(?:: (Test\w+)(?:\.(test_\w+))?)?", page)

        assert len(named) > 20
        missing = [name for name in named if not _is_there(*name)]
        assert missing == []


def _is_there(file: str, cls: str, test: str) -> bool:
    path = ROOT / "tests" / (file if "/" in file else f"execution/{file}")
    if not path.exists():
        return False
    classes = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.ClassDef)]
    methods = [
        f"{owner.name}.{method.name}"
        for owner in classes
        for method in owner.body
        if isinstance(method, ast.FunctionDef)
    ]
    return not cls or any(name.startswith(f"{cls}.{test}") for name in methods)
