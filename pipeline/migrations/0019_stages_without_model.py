"""Stages that went without their model, found by name for predictions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0018_runs_for_renditions"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="stagerun",
            index=models.Index(
                condition=models.Q(("reason__code", "model_missing"), ("status", "SKIPPED")),
                fields=["name"],
                name="stage_without_model",
            ),
        ),
    ]
