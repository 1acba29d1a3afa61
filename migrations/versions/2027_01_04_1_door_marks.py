"""Changes that a door has to know of leave a mark: the attendee, and the transaction."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_04_1_door_marks"
down_revision = "2027_01_03_1_form_requests"
branch_labels = None
depends_on = None

# Who reads what has changed since the last answer asks for transactions at or after the oldest one that was
# going on then, so that no commit is missed (the xid of a subtransaction is the transaction's).
_MARK = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO door_marks (attendee_id, event_id, changed_in)
  SELECT DISTINCT person.id, person.event_id, pg_current_xact_id()::text::bigint
  FROM {rows} ORDER BY 1
  ON CONFLICT (attendee_id) DO UPDATE SET changed_in = excluded.changed_in
  WHERE door_marks.changed_in <> excluded.changed_in;
  RETURN NULL;
END $$
"""
_PEOPLE = "changed person"
# Of a removed event nothing is left to tell.
_GONE = "changed person JOIN events event ON event.id = person.event_id"
_CODES = "changed code JOIN attendees person ON person.id = code.attendee_id"
_COMERS = "changed came JOIN attendees person ON person.id = came.ticket_holder_id"
_BOUGHT = "attendees person WHERE person.order_id = NEW.id"
_NEW, _OLD = "NEW TABLE AS changed", "OLD TABLE AS changed"
_MARKS = (
    ("attendees", "INSERT", _PEOPLE, _NEW),
    ("attendees", "UPDATE", _PEOPLE, _NEW),
    ("attendees", "DELETE", _GONE, _OLD),
    ("ticket_codes", "INSERT", _CODES, _NEW),
    ("ticket_codes", "UPDATE", _CODES, _NEW),
    ("user_check_ins", "INSERT", _COMERS, _NEW),
    ("user_check_ins", "UPDATE", _COMERS, _NEW),
    ("user_check_ins", "DELETE", _COMERS, _OLD),
)


def upgrade() -> None:
    op.create_table(
        "door_marks",
        sa.Column("attendee_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_door_marks_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("attendee_id", name="pk_door_marks"),
    )
    op.create_index("ix_door_marks_event_id_changed_in", "door_marks", ["event_id", "changed_in"])
    for table, event, rows, seen in _MARKS:
        name = f"mark_{table}_{event.lower()}"
        op.execute(_MARK.format(name=name, rows=rows))
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {seen} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    op.execute(_MARK.format(name="mark_orders", rows=_BOUGHT))
    op.execute(
        "CREATE TRIGGER mark_orders AFTER UPDATE OF status, is_test, identifier ON orders FOR EACH ROW "
        "WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.is_test IS DISTINCT FROM NEW.is_test "
        "OR OLD.identifier IS DISTINCT FROM NEW.identifier) EXECUTE FUNCTION mark_orders()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER mark_orders ON orders")
    op.execute("DROP FUNCTION mark_orders()")
    for table, event, _, _ in _MARKS:
        name = f"mark_{table}_{event.lower()}"
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("door_marks")
