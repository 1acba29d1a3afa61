"""Partitions of the audit log are made ahead, and dropped, by a function: requests may make no tables."""

from alembic import op

revision = "2027_01_21_2_kept_partitions"
down_revision = "2027_01_21_1_activities_parts"
branch_labels = None
depends_on = None

# It runs with the rights of the role that owns the tables. Everybody waits behind what it waits for: so it
# gives up after 100 ms, and the task that has called it comes again.
_KEEP = r"""
CREATE FUNCTION keep_activity_partitions(oldest timestamptz) RETURNS TABLE (made integer, dropped integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  size CONSTANT bigint := 5000000;
  part record;
  bound bigint;
  name text;
  last bigint := coalesce(pg_sequence_last_value(pg_get_serial_sequence('activities', 'id')), 0);
  newest timestamptz;
  is_empty boolean;
BEGIN
  made := 0;
  dropped := 0;
  IF oldest > now() - interval '30 days' THEN
    RAISE EXCEPTION 'the audit log is kept for 30 days at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF NOT pg_try_advisory_xact_lock(hashtextextended('partitions of activities', 0)) THEN
    RETURN NEXT;
    RETURN;
  END IF;
  FOR part IN
    SELECT c.relname, substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''(\d+)''\)')::bigint AS above
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'activities'::regclass ORDER BY above
  LOOP
    CONTINUE WHEN part.above IS NULL;
    bound := part.above;
    CONTINUE WHEN oldest IS NULL OR part.above > last;
    EXECUTE format('SELECT max("time"), count(*) = 0
                      FROM (SELECT "time" FROM %I ORDER BY "time" DESC NULLS LAST LIMIT 1) last_entry',
                   part.relname) INTO newest, is_empty;
    IF is_empty OR newest < oldest THEN
      EXECUTE format('DROP TABLE %I', part.relname);
      dropped := dropped + 1;
    END IF;
  END LOOP;
  -- A whole one is always ahead. Rows that came meanwhile to where none was move into it.
  FOR turn IN 1 .. 10 LOOP
    EXIT WHEN bound >= last + size;
    name := 'activities_p' || bound / size + 1;
    EXECUTE format('CREATE TABLE %I (LIKE activities INCLUDING DEFAULTS)', name);
    EXECUTE format('WITH moved AS (DELETE FROM activities_rest WHERE id >= %s AND id < %s RETURNING *)
                    INSERT INTO %I SELECT * FROM moved', bound, bound + size, name);
    EXECUTE format('ALTER TABLE activities ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   name, bound, bound + size);
    bound := bound + size;
    made := made + 1;
  END LOOP;
  RETURN NEXT;
END $$
"""


def upgrade() -> None:
    op.execute(_KEEP)


def downgrade() -> None:
    op.execute("DROP FUNCTION keep_activity_partitions(timestamptz)")
