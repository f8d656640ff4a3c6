"""Migrations that are interrupted."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

pytestmark = pytest.mark.django_db(transaction=True)


def indexes() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'videos_%'")
        return set(cursor.fetchall())


class TestWithoutATransaction:
    def test_go_on_after_they_were_interrupted(self) -> None:
        loader = MigrationLoader(connection)
        before = indexes()
        again = [key for key in loader.graph.nodes if not loader.graph.nodes[key].atomic]

        for key in sorted(again):
            migration = loader.graph.nodes[key]
            with connection.schema_editor(atomic=False) as editor:
                migration.apply(loader.project_state(key, at_end=False), editor)

        assert ("videos", "0036_passage_words") in again
        assert indexes() == before
