"""Switches for kinds of mails and notifications that had none; texts of groups; assignments to tell."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_22_2_kinds_of_news"
down_revision = "2026_12_22_1_mail_languages"
branch_labels = None
depends_on = None

# Kind, recipient, subject and text, as the others in 2026_11_21_administration.
MAILS = [
    (
        "review_assigned",
        "Reviewers",
        "Sessions to review for {event_name}",
        "Sessions of {event_name} are assigned to you.",
    ),
    (
        "reviewer_invite",
        "Invited reviewer",
        "Invitation to review for {event_name}",
        "You are invited to review the submissions for {event_name}.",
    ),
    (
        "schedule_change",
        "Speakers and who likes sessions",
        "The schedule of {event_name} has changed",
        "What has changed about your sessions at {event_name}.",
    ),
    (
        "refund_requested",
        "Organizers",
        "A refund is requested: {event_name}",
        "A buyer asks for a refund of order {order}.",
    ),
]
NOTIFICATIONS = ["review_assigned", "schedule_change"]


def upgrade() -> None:
    op.add_column(
        "notifications",
        sa.Column(
            "earlier_content_ids",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    # Those that are there are not told of any more.
    op.add_column(
        "review_assignments",
        sa.Column("is_told", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    database = op.get_bind()
    for action, recipient, subject, message in MAILS:
        values = {"action": action, "recipient": recipient, "subject": subject, "message": message}
        database.execute(
            sa.text(
                "INSERT INTO message_settings (action, enabled, recipient, email_subject, email_message) "
                "VALUES (:action, true, :recipient, :subject, :message) ON CONFLICT (action) DO NOTHING"
            ),
            values,
        )
    for kind in NOTIFICATIONS:
        database.execute(
            sa.text(
                "INSERT INTO notification_settings (type, enabled) VALUES (:kind, true) "
                "ON CONFLICT (type) DO NOTHING"
            ),
            {"kind": kind},
        )


def downgrade() -> None:
    # The switches stay, as staff may have set them: older code asks for none of these kinds.
    op.drop_column("review_assignments", "is_told")
    op.drop_column("notifications", "earlier_content_ids")
