"""What is searched by its meaning in one language or kind is found without reading all others."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from videos.migrations._indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("videos", "0032_spoken_words")]

    operations = [
        AddIndexConcurrently(
            model_name="passage",
            index=models.Index(fields=["workspace", "config", "kind"], name="passage_kinds"),
        ),
        RemoveIndexConcurrently(model_name="passage", name="passage_configs"),
    ]
