"""What a reader is compared by: a mark for each account that has written, and a heartbeat."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_19_2_reader"
down_revision = "2027_01_19_1_restorations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "write_marks",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_write_marks"),
    )
    op.create_table(
        "reader_beats",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("beaten_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reader_beats"),
    )
    op.execute("INSERT INTO reader_beats (id, beaten_at) VALUES (1, now())")


def downgrade() -> None:
    op.drop_table("reader_beats")
    op.drop_table("write_marks")
