"""The database refuses to bring an ended run back to life."""

from django.db import migrations

CREATE = """
CREATE FUNCTION pipeline_pipelinerun_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'ACTIVE' THEN
    RAISE EXCEPTION 'run % has ended % and cannot become %', OLD.id, OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'run_ended';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER run_transition BEFORE UPDATE OF status ON pipeline_pipelinerun
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION pipeline_pipelinerun_transition();
"""

DROP = """
DROP TRIGGER run_transition ON pipeline_pipelinerun;
DROP FUNCTION pipeline_pipelinerun_transition();
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0008_choices_held")]

    operations = [migrations.RunSQL(CREATE, DROP)]
