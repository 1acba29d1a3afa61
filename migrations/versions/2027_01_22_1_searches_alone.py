"""A search starts no parallel workers: it finds few rows, and would wait for them longer than it reads."""

from alembic import op

revision = "2027_01_22_1_searches_alone"
down_revision = "2027_01_21_3_vacuumed_sooner"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER FUNCTION trigrams_of_pattern(text) PARALLEL UNSAFE")


def downgrade() -> None:
    op.execute("ALTER FUNCTION trigrams_of_pattern(text) PARALLEL SAFE")
