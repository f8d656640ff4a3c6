"""The database refuses every status change of a video that `Video.TRANSITIONS` does not list."""

from django.db import migrations

CREATE = """
CREATE FUNCTION videos_video_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status || ' ' || NEW.status NOT IN (
    'UPLOADED PROCESSING', 'UPLOADED FAILED', 'UPLOADED CANCELLED',
    'PROCESSING COMPLETED', 'PROCESSING FAILED', 'PROCESSING CANCELLED',
    'COMPLETED PROCESSING', 'FAILED PROCESSING', 'CANCELLED PROCESSING'
  ) THEN
    RAISE EXCEPTION 'video % cannot go from % to %', OLD.id, OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'video_transition';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER video_transition BEFORE UPDATE OF status ON videos_video
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION videos_video_transition();
"""

DROP = """
DROP TRIGGER video_transition ON videos_video;
DROP FUNCTION videos_video_transition();
"""


class Migration(migrations.Migration):
    dependencies = [("videos", "0002_default_workspace")]

    operations = [migrations.RunSQL(CREATE, DROP)]
