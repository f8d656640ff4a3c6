"""One passage in 64 in a small index of meanings: it shows the way into the large one."""

from django.db import migrations
from django.db.models import F, Q
from django.db.models.lookups import Exact

import videos.models.duplicates
from videos.migrations._indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("videos", "0037_login_tries")]

    operations = [
        AddIndexConcurrently(
            "passage",
            videos.models.duplicates.HnswIndex(
                fields=["vector"],
                name="passage_guide",
                opclasses=["halfvec_ip_ops"],
                condition=Q(Exact(F("id").bitand(63), 0)),
            ),
        ),
    ]
