"""Video rooms: the meeting at the channel's service, and accounts at the chat service."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_29_4_rooms"
down_revision = "2026_11_29_3_virtual"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("video_streams", sa.Column("meeting", postgresql.JSONB(), nullable=True))
    op.add_column("settings", sa.Column("rocket_chat_bot_id", sa.Text(), nullable=True))
    op.add_column("settings", sa.Column("rocket_chat_bot_token", sa.Text(), nullable=True))
    op.create_table(
        "chat_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("as_profile_id", sa.BigInteger(), nullable=True),
        sa.Column("server", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_chat_accounts_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["as_profile_id"], ["profiles.id"], name="fk_chat_accounts_as_profile_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chat_accounts"),
    )
    op.create_index("ix_chat_accounts_as_profile_id", "chat_accounts", ["as_profile_id"], unique=False)
    op.create_index(
        "uq_chat_accounts_holder",
        "chat_accounts",
        ["user_id", sa.literal_column("coalesce(as_profile_id, 0)"), "server"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("chat_accounts")
    op.drop_column("settings", "rocket_chat_bot_token")
    op.drop_column("settings", "rocket_chat_bot_id")
    op.drop_column("video_streams", "meeting")
