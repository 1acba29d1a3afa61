"""A switch for notifications about tickets that are passed on."""

from alembic import op

revision = "2027_01_06_3_transfer_notices"
down_revision = "2027_01_06_2_leads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO notification_settings (type, enabled) VALUES ('ticket_transfer', TRUE) "
        "ON CONFLICT (type) DO NOTHING"
    )


def downgrade() -> None:
    """The switch stays, as staff may have set it: older code asks for no such kind."""
