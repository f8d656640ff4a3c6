"""The index of words in eight shares, with what searches are narrowed by.

PostgreSQL reads such an index to its end before it gives the first row: prefixes in a million
passages took half a second. Of common words one share has enough.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast
from django.db.models.lookups import Exact

from videos.migrations._indexes import AddIndexConcurrently


def _index(share: int) -> GinIndex:
    columns = (Cast(name, models.TextField()) for name in ("workspace", "video", "config", "kind"))
    return GinIndex(
        F("search"),
        Func(*columns, template="ARRAY[%(expressions)s]"),
        name=f"passage_words_{share}",
        condition=Q(Exact(F("id").bitand(7), share)),
        fastupdate=False,
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("videos", "0035_llm_names")]

    operations = [
        *(AddIndexConcurrently("passage", _index(share)) for share in range(8)),
        RemoveIndexConcurrently("passage", "passage_search"),
    ]
