"""A run is for its video's analysis, or for a rendition; proxies were a purpose of their own."""

import django.db.models.deletion
from django.db import migrations, models

LINK = """
INSERT INTO videos_rendition (id, video_id, kind, parameters, digest, path, content_type, created_at)
  SELECT gen_random_uuid(), video_id, 'proxy', '{}', '', '', '', min(created_at)
  FROM pipeline_pipelinerun WHERE purpose = 'proxy' GROUP BY video_id
  ON CONFLICT DO NOTHING;
UPDATE pipeline_pipelinerun SET rendition_id = rendition.id
  FROM videos_rendition rendition
  WHERE purpose = 'proxy' AND kind = 'proxy' AND rendition.video_id = pipeline_pipelinerun.video_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""

# What only this version knows goes.
UNLINK = """
UPDATE pipeline_pipelinerun SET purpose = 'proxy', rendition_id = NULL
  FROM videos_rendition rendition WHERE rendition.id = rendition_id AND kind = 'proxy';
DELETE FROM videos_rendition
  WHERE path = '' OR kind NOT IN ('poster', 'storyboard', 'storyboard_vtt', 'proxy');
DELETE FROM pipeline_stagerun
  WHERE run_id IN (SELECT id FROM pipeline_pipelinerun WHERE rendition_id IS NOT NULL);
DELETE FROM pipeline_pipelinerun WHERE rendition_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0017_coverage"),
        ("videos", "0017_renditions_on_request"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="pipelinerun", name="run_one_active_a_purpose"),
        migrations.RemoveConstraint(model_name="pipelinerun", name="run_purpose_known"),
        migrations.RemoveIndex(model_name="pipelinerun", name="run_newest"),
        migrations.AddField(
            model_name="pipelinerun",
            name="rendition",
            field=models.ForeignKey(
                blank=True,
                help_text="What it makes, on request. Empty: it analyses the video.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="runs",
                to="videos.rendition",
            ),
        ),
        migrations.RunSQL(LINK, UNLINK),
        migrations.RemoveField(model_name="pipelinerun", name="purpose"),
        migrations.AddIndex(
            model_name="pipelinerun",
            index=models.Index(fields=["video", "rendition", "-created_at"], name="run_newest"),
        ),
        migrations.AddConstraint(
            model_name="pipelinerun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("rendition__isnull", True), ("status", "ACTIVE")),
                fields=("video",),
                name="run_one_active_analysis",
            ),
        ),
        migrations.AddConstraint(
            model_name="pipelinerun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "ACTIVE")),
                fields=("rendition",),
                name="run_one_active_a_rendition",
            ),
        ),
    ]
