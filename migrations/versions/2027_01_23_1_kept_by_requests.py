"""The partitions of the audit log are kept by the role of requests alone, and when 30 days are kept, too.

What is asked to be dropped sooner than that is kept. Before, it was an error, which a caller got whose clock
was a moment ahead of the transaction's. The newest entry of a partition is looked up in its index.
"""

from alembic import op

revision = "2027_01_23_1_kept_by_requests"
down_revision = "2027_01_22_1_searches_alone"
branch_labels = None
depends_on = None

_LIMIT = """  -- Also where the caller's clock is ahead. least() would take a null for a moment.
  IF oldest > now() - interval '30 days' THEN
    oldest := now() - interval '30 days';
  END IF;
"""
_FORMER_LIMIT = """  IF oldest > now() - interval '30 days' THEN
    RAISE EXCEPTION 'the audit log is kept for 30 days at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
"""
_NEWEST = """    EXECUTE format('SELECT (SELECT max("time") FROM %1$I), NOT EXISTS (SELECT FROM %1$I)',
                   part.relname) INTO newest, is_empty;
"""
_FORMER_NEWEST = """    EXECUTE format('SELECT max("time"), count(*) = 0
                      FROM (SELECT "time" FROM %I ORDER BY "time" DESC NULLS LAST LIMIT 1) last_entry',
                   part.relname) INTO newest, is_empty;
"""
# At most one partition's rows are moved by a call, as a task has two minutes; the next call goes on.
_VARIABLE = "  rows_moved bigint;\n"
_COUNTED = "    GET DIAGNOSTICS rows_moved = ROW_COUNT;\n"
_ENDED = "    EXIT WHEN rows_moved > 0;\n"
_KEEP = r"""
CREATE OR REPLACE FUNCTION keep_activity_partitions(oldest timestamptz)
RETURNS TABLE (made integer, dropped integer)
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
{variable}BEGIN
  made := 0;
  dropped := 0;
{limit}  IF NOT pg_try_advisory_xact_lock(hashtextextended('partitions of activities', 0)) THEN
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
{newest}    IF is_empty OR newest < oldest THEN
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
{counted}    EXECUTE format('ALTER TABLE activities ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   name, bound, bound + size);
    bound := bound + size;
    made := made + 1;
{ended}  END LOOP;
  RETURN NEXT;
END $$
"""
_FUNCTIONS = ("keep_activity_partitions(timestamptz)", "advance_ids(text, bigint)")
# Both run with the rights of their owner, and are public to everybody by default. Those who write entries, as
# the role of requests does, keep them.
_RIGHTS = """
DO $$
DECLARE
  writer oid;
BEGIN
  REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC;
  FOR writer IN SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a
                 WHERE c.oid = 'activities'::regclass AND a.privilege_type = 'INSERT'
                   AND a.grantee NOT IN (0, c.relowner) LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION {function} TO %s', writer::regrole);
  END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(_keep(_LIMIT, _NEWEST, _VARIABLE, _COUNTED, _ENDED))
    op.execute("ALTER FUNCTION advance_ids(text, bigint) SET search_path = public, pg_temp")
    for function in _FUNCTIONS:
        op.execute(_RIGHTS.replace("{function}", function))


def downgrade() -> None:
    op.execute(_keep(_FORMER_LIMIT, _FORMER_NEWEST))
    op.execute("ALTER FUNCTION advance_ids(text, bigint) SET search_path FROM CURRENT")
    for function in _FUNCTIONS:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO PUBLIC")


def _keep(limit: str, newest: str, variable: str = "", counted: str = "", ended: str = "") -> str:
    function = _KEEP.replace("{limit}", limit).replace("{newest}", newest)
    return function.replace("{variable}", variable).replace("{counted}", counted).replace("{ended}", ended)
