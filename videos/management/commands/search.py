import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError
from rest_framework.exceptions import ValidationError
from rich.console import Console
from rich.markup import escape

from videos.api.search import documents
from videos.api.search.serializers import SearchQuery
from videos.models import Passage
from videos.selectors import Found, Hit, Scope, search, workspace_for


class Command(BaseCommand):
    help = """Find moments by their words and by what they mean.
    Example: manage.py search 'ships -storm "low tide" harb*' --kinds cue,text --json"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("words", nargs="+", metavar="WORDS")
        parser.add_argument("--kinds", help=f"by comma, of {', '.join(Passage.Kind.values)}")
        parser.add_argument("--video", metavar="ID", help="in this video alone")
        parser.add_argument("--language", metavar="xx")
        parser.add_argument("--by", help="lexical or semantic; both, if not told")
        parser.add_argument("--limit", default="20")
        parser.add_argument("--json", action="store_true", help="print as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        given = ("kinds", "video", "language", "by", "limit")
        asked = {name: options[name] for name in given if options[name] is not None}
        query = SearchQuery(data={"q": " ".join(options["words"]), **asked})
        try:
            query.is_valid(raise_exception=True)
        except ValidationError as error:
            wrong = query.errors.items()
            raise CommandError("; ".join(f"{name}: {said[0]}" for name, said in wrong)) from error
        values = query.validated_data
        found = search(
            words=values["q"],
            scope=Scope(
                workspace_id=workspace_for(AnonymousUser()).id,
                kinds=values.get("kinds"),
                video_id=values.get("video"),
                language=values.get("language"),
            ),
            limit=values["limit"],
            by=values["by"],
        )
        if options["json"]:
            self.stdout.write(json.dumps(documents.found(found, {}), indent=2, ensure_ascii=False))
        else:
            _print(found)


def _print(found: Found) -> None:
    console = Console(highlight=False)
    if found.corrected:
        console.print(f"Searched for {escape(found.corrected)} instead.")
    if found.no_vector:
        console.print(f"By words alone: {escape(found.no_vector.message)}")
    for hit in found.hits:
        _print_hit(console, hit)
    if not found.hits:
        console.print("Nothing found.")


def _print_hit(console: Console, hit: Hit) -> None:
    at = str(timedelta(seconds=hit.start_ms // 1000))
    how = "+".join(hit.matched_by)
    console.print(f"[bold]{escape(hit.title)}[/] {at}  {hit.kind}  [dim]{how}  {hit.video_id}[/]")
    console.print(f"  {escape(hit.text)}")
