"""The one workspace of a new server, and the table of the cache that all processes share."""

from typing import Any

from django.core.management import call_command
from django.db import migrations


def create_workspace(apps: Any, schema_editor: Any) -> None:
    apps.get_model("videos", "Workspace").objects.create(name="Default", slug="default")


def delete_workspace(apps: Any, schema_editor: Any) -> None:
    apps.get_model("videos", "Workspace").objects.filter(slug="default").delete()


def create_cache_table(apps: Any, schema_editor: Any) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("videos", "0001_initial")]

    operations = [
        migrations.RunPython(create_workspace, delete_workspace),
        migrations.RunPython(create_cache_table, migrations.RunPython.noop),
    ]
