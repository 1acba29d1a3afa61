"""Profiles, and the profile_id of rows that may belong to one."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_4_profiles"
down_revision = "2026_11_21_3_excerpts"
branch_labels = None
depends_on = None

# Tables with an owner, whose rows may belong to one of the owner's profiles.
_OF_PROFILE = (
    "users_events_roles",
    "users_groups_roles",
    "groups",
    "orders",
    "sessions",
    "speakers",
    "event_invoices",
    "notifications",
)
_TEXTS = ("title", "contact_email", "phone", "website", "address", "city", "state", "country", "zipcode")
_PICTURES = ("avatar_url", "thumbnail_image_url", "icon_image_url")


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in (*_TEXTS, *_PICTURES)),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_profiles_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_profiles"),
    )
    op.create_index("ix_profiles_user_id", "profiles", ["user_id"])
    for table in _OF_PROFILE:
        op.add_column(table, sa.Column("profile_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            f"fk_{table}_profile_id", table, "profiles", ["profile_id"], ["id"], ondelete="SET NULL"
        )
        # A partial index, as most rows belong to no profile.
        op.create_index(
            f"ix_{table}_profile_id",
            table,
            ["profile_id"],
            postgresql_where=sa.text("profile_id IS NOT NULL"),
        )


def downgrade() -> None:
    for table in _OF_PROFILE:
        op.drop_column(table, "profile_id")
    op.drop_table("profiles")
