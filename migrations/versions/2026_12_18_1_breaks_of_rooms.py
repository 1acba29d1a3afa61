"""Breaks of rooms end with their last room, and do not become breaks of the whole event."""

from alembic import op

revision = "2026_12_18_1_breaks_of_rooms"
down_revision = "2026_12_20_1_mail_texts"
branch_labels = None
depends_on = None

_END = """
CREATE FUNCTION end_breaks_of_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM schedule_breaks pause
   USING schedule_breaks_microlocations mine
   WHERE mine.schedule_break_id = pause.id AND mine.microlocation_id = OLD.id
     AND NOT EXISTS (SELECT FROM schedule_breaks_microlocations other
           WHERE other.schedule_break_id = pause.id AND other.microlocation_id <> OLD.id);
  RETURN OLD;
END $$
"""


def upgrade() -> None:
    op.execute(_END)
    op.execute(
        "CREATE TRIGGER end_breaks_of_room BEFORE DELETE ON microlocations "
        "FOR EACH ROW EXECUTE FUNCTION end_breaks_of_room()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER end_breaks_of_room ON microlocations")
    op.execute("DROP FUNCTION end_breaks_of_room()")
