"""The database refuses every status change of a stage that `StageRun.TRANSITIONS` does not list.

An ended row is history: nothing of it may change.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION pipeline_stagerun_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('SUCCEEDED', 'SKIPPED', 'FAILED', 'CANCELLED') THEN
    RAISE EXCEPTION 'stage % has ended % and never changes', OLD.id, OLD.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_ended';
  END IF;
  IF OLD.status <> NEW.status AND OLD.status || ' ' || NEW.status NOT IN (
    'WAITING QUEUED', 'WAITING SKIPPED', 'WAITING CANCELLED',
    'QUEUED RUNNING', 'QUEUED CANCELLED',
    'RUNNING QUEUED', 'RUNNING SUCCEEDED', 'RUNNING SKIPPED', 'RUNNING FAILED', 'RUNNING CANCELLED'
  ) THEN
    RAISE EXCEPTION 'stage % cannot go from % to %', OLD.id, OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_transition';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stage_transition BEFORE UPDATE ON pipeline_stagerun
  FOR EACH ROW EXECUTE FUNCTION pipeline_stagerun_transition();
"""

DROP = """
DROP TRIGGER stage_transition ON pipeline_stagerun;
DROP FUNCTION pipeline_stagerun_transition();
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0002_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
