"""Which row of a former server has become which one here, and ids beyond those that are taken over."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_06_1_moving_in"
down_revision = "2026_12_05_1_schedule_feeds"
branch_labels = None
depends_on = None

# The role that serves requests may not set a sequence. It only ever moves on, and never back.
_ADVANCE = """
CREATE FUNCTION advance_ids(of_table text, beyond bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  ids text := pg_get_serial_sequence(quote_ident(of_table), 'id');
  latest bigint;
BEGIN
  EXECUTE format('SELECT last_value FROM %s', ids) INTO latest;
  IF beyond > latest THEN
    PERFORM setval(ids, beyond);
  END IF;
  RETURN greatest(beyond, latest);
END $$
"""


def upgrade() -> None:
    op.create_table(
        "moved_rows",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("old_id", sa.BigInteger(), nullable=False),
        sa.Column("new_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("source", "old_id", name="pk_moved_rows"),
    )
    op.create_index("ix_moved_rows_source_new_id", "moved_rows", ["source", "new_id"])
    op.create_table(
        "moves",
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("began_at", name="pk_moves"),
    )
    op.execute(_ADVANCE)


def downgrade() -> None:
    op.execute("DROP FUNCTION advance_ids(text, bigint)")
    op.drop_table("moves")
    op.drop_table("moved_rows")
