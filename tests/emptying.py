"""Empties the database after a test that had transactions of its own."""

from functools import cache

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from tests import factories

# What migrations put there, and no test changes.
_KEPT = (ContentType, Permission)


def empty(*_: object) -> None:
    """Delete the rows of the tables that have any, and make the default workspace anew.

    Django's own way truncates every table and has each app set up again: half a second, which
    with hundreds of such tests was a tenth of the suite.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_filled())
        for (table,) in cursor.fetchall():
            # In any order: references are checked at the commit.
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608  a model's
    factories.default_workspace()


@cache
def _filled() -> str:
    """Return the question which tables have rows."""
    models = apps.get_models(include_auto_created=True)
    tables = {model._meta.db_table for model in models if model not in _KEPT}
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in sorted(tables))  # noqa: S608  likewise
    return " UNION ALL ".join(asked)
