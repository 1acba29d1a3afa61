"""Which row of an event an item of an imported file has become."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_07_1_imports"
down_revision = "2026_12_06_1_moving_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_ids",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_imported_ids_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_imported_ids"),
        sa.UniqueConstraint(
            "event_id",
            "source",
            "type",
            "external_id",
            name="uq_imported_ids_event_id_source_type_external_id",
        ),
    )


def downgrade() -> None:
    op.drop_table("imported_ids")
