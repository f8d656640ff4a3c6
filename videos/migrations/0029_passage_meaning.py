"""The index of meanings, built beside whoever reads and writes a large table."""

from django.db import migrations

import videos.models.duplicates
from videos.migrations._indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("videos", "0028_words_of_passages")]

    operations = [
        AddIndexConcurrently(
            model_name="passage",
            index=videos.models.duplicates.HnswIndex(
                fields=["vector"], name="passage_meaning", opclasses=["halfvec_ip_ops"]
            ),
        ),
    ]
