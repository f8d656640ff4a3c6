"""Words' forms wait no more to enter their index: whoever looked for one read all that waited."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

_FORWARD = """
ALTER INDEX word_forms SET (fastupdate = off);
SELECT gin_clean_pending_list('word_forms');
"""
_BACK = "ALTER INDEX word_forms RESET (fastupdate)"


class Migration(migrations.Migration):
    dependencies = [("videos", "0040_llm_quoted")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_FORWARD, _BACK)],
            state_operations=[
                migrations.RemoveIndex("word", "word_forms"),
                migrations.AddIndex(
                    "word", GinIndex(fields=["forms"], name="word_forms", fastupdate=False)
                ),
            ],
        )
    ]
