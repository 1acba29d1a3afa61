"""The language in which an order was made, for mails to who has no account, and that of held mails."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_22_1_mail_languages"
down_revision = "2026_12_19_1_bulk_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("mail_language", sa.Text(), nullable=True))
    op.add_column("held_mails", sa.Column("language", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("held_mails", "language")
    op.drop_column("orders", "mail_language")
