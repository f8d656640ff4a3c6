"""The look for due messages, in django-q2's table, by an index."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("django_q", "0017_task_cluster_alter"),
        ("pipeline", "0006_reuse"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX pipeline_message_due ON django_q_ormq (key, lock)",
            "DROP INDEX pipeline_message_due",
        ),
    ]
