"""Texts that only groups of notifications still have are found before texts are deleted."""

from sqlalchemy import text

from chalicelib import ddl

revision = "2026_12_22_3_former_texts"
down_revision = "2026_12_22_2_kinds_of_news"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ddl.create_index(
        "ix_notifications_earlier_content_ids",
        "notifications",
        ["earlier_content_ids"],
        postgresql_using="gin",
        postgresql_where=text("cardinality(earlier_content_ids) > 0"),
    )


def downgrade() -> None:
    ddl.drop_index("ix_notifications_earlier_content_ids", "notifications")
