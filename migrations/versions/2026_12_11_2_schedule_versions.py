"""Released versions of a schedule, which never change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_11_2_schedule_versions"
down_revision = "2026_12_11_1_rooms_and_breaks"
branch_labels = None
depends_on = None

_KEEP = """
CREATE FUNCTION keep_schedule_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a released schedule is not changed' USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "schedule_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_count", sa.Integer(), nullable=False),
        sa.Column("snapshot", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_schedule_versions_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_versions")),
        sa.UniqueConstraint("event_id", "number", name="uq_schedule_versions_number"),
    )
    op.execute(_KEEP)
    op.execute(
        "CREATE TRIGGER keep_schedule_version BEFORE UPDATE ON schedule_versions "
        "FOR EACH ROW EXECUTE FUNCTION keep_schedule_version()"
    )


def downgrade() -> None:
    op.drop_table("schedule_versions")
    op.execute("DROP FUNCTION keep_schedule_version()")
