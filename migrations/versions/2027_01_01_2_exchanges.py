"""Tickets are exchanged for others of the event or its owner; what was paid for them moves along."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_01_2_exchanges"
down_revision = "2027_01_01_1_changed_attendees"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("ticket_exchange", sa.Text(), server_default="off", nullable=False))
    op.add_column("events", sa.Column("ticket_exchange_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "events", sa.Column("cheaper_exchange", sa.Text(), server_default="refused", nullable=False)
    )
    op.add_column(
        "tickets", sa.Column("is_exchangeable", sa.Boolean(), server_default=sa.true(), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("tickets", "is_exchangeable")
    op.drop_column("events", "cheaper_exchange")
    op.drop_column("events", "ticket_exchange_ends_at")
    op.drop_column("events", "ticket_exchange")
