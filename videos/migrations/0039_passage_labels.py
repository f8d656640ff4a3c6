"""Things and sounds by their label: a filter on one read those of all others."""

from django.db import migrations, models
from django.db.models.functions import Lower

from videos.migrations._indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("videos", "0038_passage_guide")]

    operations = [
        AddIndexConcurrently(
            "passage",
            models.Index(
                "workspace",
                Lower("text"),
                name="passage_labels",
                condition=models.Q(kind__in=["object", "sound"]),
            ),
        ),
    ]
