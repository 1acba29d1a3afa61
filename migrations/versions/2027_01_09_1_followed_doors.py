"""Changes of attendees leave a mark at events that have devices, and at no others."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_09_1_followed_doors"
down_revision = "2027_01_07_2_searched_before"
branch_labels = None
depends_on = None

_MARK = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO door_marks (attendee_id, event_id, changed_in)
  SELECT DISTINCT person.id, person.event_id, pg_current_xact_id()::text::bigint
  FROM {rows} ORDER BY 1
  ON CONFLICT (attendee_id) DO UPDATE SET changed_in = excluded.changed_in
  WHERE door_marks.changed_in <> excluded.changed_in;
  RETURN NULL;
END $$
"""
_FOLLOWED = "EXISTS (SELECT FROM followed_doors door WHERE door.event_id = person.event_id)"
_ROWS = {
    "mark_attendees_insert": "changed person",
    "mark_attendees_update": "changed person",
    "mark_attendees_delete": "changed person JOIN events event ON event.id = person.event_id",
    "mark_ticket_codes_insert": "changed code JOIN attendees person ON person.id = code.attendee_id",
    "mark_ticket_codes_update": "changed code JOIN attendees person ON person.id = code.attendee_id",
    "mark_user_check_ins_insert": "changed came JOIN attendees person ON person.id = came.ticket_holder_id",
    "mark_user_check_ins_update": "changed came JOIN attendees person ON person.id = came.ticket_holder_id",
    "mark_user_check_ins_delete": "changed came JOIN attendees person ON person.id = came.ticket_holder_id",
}
_BOUGHT = "attendees person WHERE person.order_id = NEW.id"
# Whoever has missed the row has a transaction from before it was committed. So the pairing, which comes
# afterwards, notes from which transaction on all changes are marked.
_FOLLOW = """
CREATE FUNCTION follow_door() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO followed_doors (event_id) VALUES (NEW.event_id) ON CONFLICT DO NOTHING;
  ELSE
    UPDATE followed_doors SET known_from = pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    WHERE event_id = NEW.event_id AND known_from IS NULL
      AND followed_doors.xmin <> pg_current_xact_id()::xid;
  END IF;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "followed_doors",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_followed_doors_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name="pk_followed_doors"),
    )
    # Everything was marked until now.
    op.execute(
        "INSERT INTO followed_doors (event_id, known_from) "
        "SELECT DISTINCT event_id, 0 FROM door_devices WHERE revoked_at IS NULL"
    )
    for name, rows in _ROWS.items():
        op.execute(_MARK.format(name=name, rows=f"{rows} WHERE {_FOLLOWED}"))
    op.execute(_MARK.format(name="mark_orders", rows=f"{_BOUGHT} AND {_FOLLOWED}"))
    op.execute(_FOLLOW)
    op.execute(
        "CREATE TRIGGER follow_door AFTER INSERT OR UPDATE OF paired_at ON door_devices "
        "FOR EACH ROW EXECUTE FUNCTION follow_door()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER follow_door ON door_devices")
    op.execute("DROP FUNCTION follow_door()")
    for name, rows in _ROWS.items():
        op.execute(_MARK.format(name=name, rows=rows))
    op.execute(_MARK.format(name="mark_orders", rows=_BOUGHT))
    op.drop_table("followed_doors")
