"""What migrations of several versions do with indexes."""

from typing import Any

from django.contrib.postgres import operations


class AddIndexConcurrently(operations.AddIndexConcurrently):
    """Django's own, for a migration that was interrupted, too.

    What is built beside others is built in no transaction: whoever ends `migrate` in the minutes
    that it takes leaves an index half built, or whole and not recorded. Django then finds it there
    and refuses to go on.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        name = schema_editor.quote_name(self.index.name)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)
