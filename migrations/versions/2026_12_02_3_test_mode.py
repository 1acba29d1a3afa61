"""Events in test mode, and orders that were made there: their database says so, whoever inserts them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_3_test_mode"
down_revision = "2026_12_02_2_captures"
branch_labels = None
depends_on = None

# FOR SHARE: an event changes its mode before the order or after it, and not meanwhile.
_NOTE = """
CREATE FUNCTION note_test_mode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT event.is_test_mode INTO NEW.is_test FROM events event WHERE event.id = NEW.event_id FOR SHARE;
  NEW.is_test := coalesce(NEW.is_test, FALSE);
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    for table, column in (("events", "is_test_mode"), ("orders", "is_test")):
        op.add_column(table, sa.Column(column, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(_NOTE)
    op.execute(
        "CREATE TRIGGER note_test_mode BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note_test_mode()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER note_test_mode ON orders")
    op.execute("DROP FUNCTION note_test_mode()")
    op.drop_column("orders", "is_test")
    op.drop_column("events", "is_test_mode")
