import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from pipeline import registry, weights
from pipeline.engines import catalogue
from pipeline.engines.catalogue import Model
from pipeline.selectors import ModelFacts, model_list, model_users


class Command(BaseCommand):
    help = (
        "Look at the models, bring them, check them. "
        "Examples: manage.py models list; manage.py models pull yolox-nano; manage.py models verify"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, text in {
            "list": "all models, and whether they are there. Example: models list --json",
            "pull": "bring models; without a name all that stages use. "
            "Examples: models pull yolox-nano; models pull yolox-nano --from /media/stick",
            "verify": "check files against their checksums; without a name all that stages use. "
            "Example: models verify whisper-base",
        }.items():
            action = actions.add_parser(name, help=text, description=text)
            action.add_argument("--json", action="store_true", help="print as JSON")
            if name != "list":
                action.add_argument("names", nargs="*", metavar="NAME")
            if name == "pull":
                action.add_argument(
                    "--from",
                    dest="place",
                    default="",
                    metavar="FOLDER|URL",
                    help="take files from there instead: it has NAME/FILE, or is the one file",
                )

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            registry.stages()
        except (ImportError, TypeError) as error:
            message = f"A stage cannot be made: {error} manage.py doctor says what mends it."
            raise CommandError(message) from error
        if action == "list":
            self._list(options["json"])
        elif action == "pull":
            self._pull(_chosen(options["names"]), options["place"], options["json"])
        else:
            self._verify(_chosen(options["names"]), options["json"])

    def _list(self, as_json: bool) -> None:
        users = model_users()
        models = model_list()
        if as_json:
            self._print([_document(model, users.get(model.name, [])) for model in models])
            return
        for model in models:
            mark = "✓" if model.present else "–" if model.name not in users else "✗"
            used = f"for {', '.join(users[model.name])}" if model.name in users else "not used"
            self.stdout.write(
                f"{mark} {model.name:<24}{model.size_bytes / 1e6:>7.0f} MB  "
                f"{model.licence:<13} {model.task}; {used}"
            )
            if model.mend and model.name in users:
                self.stdout.write(f"  → {model.mend}")

    def _pull(self, models: list[Model], place: str, as_json: bool) -> None:
        answers = []
        for model in models:
            try:
                with _progress(model, Console(stderr=True)) as report:
                    brought = weights.pull(
                        model,
                        settings.MODELS_DIR,
                        place=place,
                        min_free_bytes=settings.MIN_FREE_BYTES,
                        report=report,
                    )
            except weights.PullFailed as error:
                raise CommandError(str(error)) from error
            except KeyboardInterrupt:
                message = "Stopped. The same command goes on from there, where the server can."
                raise CommandError(message, returncode=130) from None
            answers.append({"name": model.name, "pulled": brought})
            if not as_json:
                self.stdout.write(f"✓ {model.name}: {'pulled' if brought else 'there already'}")
        if as_json:
            self._print(answers)
        elif any(answer["pulled"] for answer in answers):
            self.stdout.write(
                "For videos that were analysed without: "
                "python manage.py videos reprocess --skipped model_missing"
            )

    def _verify(self, models: list[Model], as_json: bool) -> None:
        try:
            states = [(model, weights.state(model, settings.MODELS_DIR)) for model in models]
        except OSError as error:
            raise CommandError(
                f"{settings.MODELS_DIR} cannot be read or written ({error.strerror}): "
                "mend its permissions, or set MODELS_DIR."
            ) from error
        if as_json:
            self._print([{"name": model.name, "state": state} for model, state in states])
        else:
            for model, state in states:
                self.stdout.write(f"{'✓' if state == 'intact' else '✗'} {model.name}: {state}")
                if state != "intact":
                    self.stdout.write(f"  → {model.mend}")
        if wrong := [model.name for model, state in states if state != "intact"]:
            raise CommandError(f"Not as the catalogue lists them: {', '.join(wrong)}.")

    def _print(self, answer: object) -> None:
        self.stdout.write(json.dumps(answer))


def _chosen(names: Iterable[str]) -> list[Model]:
    """Return the models of these names; without any those that stages use."""
    names = list(names) or list(model_users())
    if unknown := [name for name in names if name not in catalogue.CATALOGUE]:
        raise CommandError(
            f"The catalogue has no model {', '.join(unknown)}; it has: {', '.join(catalogue.CATALOGUE)}."
        )
    return [catalogue.CATALOGUE[name] for name in names]


def _document(model: ModelFacts, users: list[str]) -> dict[str, Any]:
    files = [
        {key: getattr(file, key) for key in ("name", "sha256", "size_bytes")}
        | {"source": file.origin}
        for file in model.files
    ]
    return asdict(model) | {"files": files, "stages": users}


@contextmanager
def _progress(model: Model, console: Console) -> Iterator[weights.Report]:
    """Show a bar in a terminal, and nothing elsewhere."""
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(model.name, total=model.size_bytes)
        yield lambda size: progress.update(task, completed=size)
