"""Places of sessions are counted by triggers, which move the waiting line up when there is one to give."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_14_3_line_of_sessions"
down_revision = "2026_12_14_2_stock_of_sessions"
branch_labels = None
depends_on = None

# Gives the free places of a session to those who wait for one, in the order in which they came. Whoever gets
# one is told by a task; the message is a part of the transaction that has given the place back.
_MOVE_UP = """
CREATE FUNCTION move_up(talk bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  free int;
BEGIN
  SELECT capacity - taken INTO free FROM stocks WHERE session_id = talk FOR UPDATE;
  IF free > 0 THEN
    WITH first AS (
      SELECT id FROM session_sign_ups WHERE session_id = talk AND state = 'waiting' ORDER BY id LIMIT free
    ), moved AS (
      UPDATE session_sign_ups SET state = 'confirmed', confirmed_at = now()
      WHERE id IN (SELECT id FROM first) RETURNING id
    )
    INSERT INTO outbox (key, task, arguments, trace, created_at, due_at)
    SELECT 'tell_of_place-' || id, 'tell_of_place', jsonb_build_object('sign_up_id', id), '', now(), now()
    FROM moved ON CONFLICT (key) DO NOTHING;
  END IF;
END $$
"""
# Counts who has a place, session by session in the order of their ids, and moves the line up.
_COUNT = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moved record;
BEGIN
  FOR moved IN
    SELECT session_id, sum(one)::int AS n FROM ({rows}) counted GROUP BY session_id ORDER BY session_id
  LOOP
    UPDATE stocks SET taken = taken + moved.n
    WHERE session_id = moved.session_id AND moved.n <> 0 AND (moved.n < 0 OR taken + moved.n <= capacity);
    IF NOT FOUND AND moved.n > 0 THEN
      RAISE EXCEPTION 'there are not so many places left'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_stocks_capacity', DETAIL = moved.session_id::text;
    END IF;
    PERFORM move_up(moved.session_id);
  END LOOP;
  RETURN NULL;
END $$
"""
_CAME = "SELECT session_id, (state = 'confirmed')::int AS one FROM came"
_WENT = "SELECT session_id, -(state = 'confirmed')::int AS one FROM went"
_EVENTS = {
    "INSERT": ("NEW TABLE AS came", _CAME),
    "UPDATE": ("NEW TABLE AS came OLD TABLE AS went", f"{_CAME} UNION ALL {_WENT}"),
    "DELETE": ("OLD TABLE AS went", _WENT),
}
# A session has a stock from its first places on.
_FOLLOW = """
CREATE FUNCTION follow_sign_up_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  used int;
BEGIN
  INSERT INTO stocks (session_id, capacity) VALUES (NEW.id, NEW.sign_up_places)
  ON CONFLICT (session_id) DO UPDATE SET capacity = excluded.capacity RETURNING taken INTO used;
  IF used > coalesce(NEW.sign_up_places, 0) OR (NEW.sign_up_places IS NULL AND EXISTS (
    SELECT FROM session_sign_ups WHERE session_id = NEW.id AND state = 'waiting'
  )) THEN
    RAISE EXCEPTION 'more places are taken than there would be'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_stocks_taken';
  END IF;
  PERFORM move_up(NEW.id);
  RETURN NULL;
END $$
"""
# Sessions are locked before the rows of their lines, by whoever changes these.
_WITHDRAW = """
CREATE FUNCTION withdraw_sign_ups() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM sessions WHERE id IN (
    SELECT session_id FROM session_sign_ups WHERE attendee_id = NEW.id AND state <> 'cancelled'
  ) ORDER BY id FOR NO KEY UPDATE;
  UPDATE session_sign_ups SET state = 'cancelled', cancelled_at = now()
  WHERE attendee_id = NEW.id AND state <> 'cancelled';
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(_MOVE_UP)
    for event, (tables, rows) in _EVENTS.items():
        name = f"session_sign_ups_{event.lower()}"
        op.execute(_COUNT.format(name=name, rows=rows))
        op.execute(
            f"CREATE TRIGGER take_stock_{event.lower()} AFTER {event} ON session_sign_ups "
            f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    op.execute(_FOLLOW)
    op.execute(
        "CREATE TRIGGER follow_sign_up_places_insert AFTER INSERT ON sessions FOR EACH ROW "
        "WHEN (NEW.sign_up_places IS NOT NULL) EXECUTE FUNCTION follow_sign_up_places()"
    )
    op.execute(
        "CREATE TRIGGER follow_sign_up_places_update AFTER UPDATE OF sign_up_places ON sessions FOR EACH ROW "
        "WHEN (OLD.sign_up_places IS DISTINCT FROM NEW.sign_up_places) "
        "EXECUTE FUNCTION follow_sign_up_places()"
    )
    op.execute(_WITHDRAW)
    op.execute(
        "CREATE TRIGGER withdraw_sign_ups AFTER UPDATE OF deleted_at ON attendees FOR EACH ROW "
        "WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION withdraw_sign_ups()"
    )
    # After this was taken back and is done again.
    op.execute(
        "INSERT INTO stocks (session_id, capacity, taken) SELECT id, sign_up_places, (SELECT count(*) "
        "FROM session_sign_ups WHERE session_id = sessions.id AND state = 'confirmed') "
        "FROM sessions WHERE sign_up_places IS NOT NULL ORDER BY id"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER withdraw_sign_ups ON attendees")
    op.execute("DROP FUNCTION withdraw_sign_ups()")
    op.execute("DROP TRIGGER follow_sign_up_places_update ON sessions")
    op.execute("DROP TRIGGER follow_sign_up_places_insert ON sessions")
    op.execute("DROP FUNCTION follow_sign_up_places()")
    for event in _EVENTS:
        op.execute(f"DROP TRIGGER take_stock_{event.lower()} ON session_sign_ups")
        op.execute(f"DROP FUNCTION session_sign_ups_{event.lower()}()")
    op.execute("DROP FUNCTION move_up(bigint)")
    # The former code knows no stock of a session.
    database = op.get_bind()
    ids = database.execute(sa.text("SELECT id FROM stocks WHERE session_id IS NOT NULL")).scalars().all()
    database.execute(sa.text("DELETE FROM stocks WHERE id = ANY(:ids)"), {"ids": list(ids)})
