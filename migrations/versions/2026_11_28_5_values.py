"""known_zone(): maps unknown time zone names to UTC, so that AT TIME ZONE never fails."""

from alembic import op

revision = "2026_11_28_5_values"
down_revision = "2026_11_28_3_private"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION known_zone(name text) RETURNS text LANGUAGE plpgsql STABLE AS $$
        BEGIN
          PERFORM now() AT TIME ZONE name;
          RETURN name;
        EXCEPTION WHEN data_exception THEN
          RETURN 'UTC';
        END $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION known_zone(text)")
