"""Accounts: users, roles, password reset requests."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_accounts"
down_revision = None
branch_labels = None
depends_on = None

ROLES = [
    ("owner", "Owner"),
    ("organizer", "Organizer"),
    ("coorganizer", "Co-organizer"),
    ("track_organizer", "Track Organizer"),
    ("moderator", "Moderator"),
    ("registrar", "Registrar"),
    ("attendee", "Attendee"),
]


def upgrade() -> None:
    op.create_table(
        "password_reset_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("source_ip", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_password_reset_requests"),
    )
    op.create_index("ix_password_reset_requests_email", "password_reset_requests", ["email"], unique=False)
    op.create_index(
        "ix_password_reset_requests_source_ip", "password_reset_requests", ["source_ip"], unique=False
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title_name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("name", name="uq_roles_name"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("reset_token", sa.Text(), nullable=True),
        sa.Column("tokens_revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("avatar_url", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("public_name", sa.Text(), nullable=True),
        sa.Column("is_profile_public", sa.Boolean(), nullable=False),
        sa.Column("original_image_url", sa.Text(), nullable=True),
        sa.Column("thumbnail_image_url", sa.Text(), nullable=True),
        sa.Column("small_image_url", sa.Text(), nullable=True),
        sa.Column("icon_image_url", sa.Text(), nullable=True),
        sa.Column("was_registered_with_order", sa.Boolean(), nullable=False),
        sa.Column("facebook_url", sa.Text(), nullable=True),
        sa.Column("twitter_url", sa.Text(), nullable=True),
        sa.Column("instagram_url", sa.Text(), nullable=True),
        sa.Column("google_plus_url", sa.Text(), nullable=True),
        sa.Column("is_super_admin", sa.Boolean(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("facebook_id", sa.BigInteger(), nullable=True),
        sa.Column("is_sales_admin", sa.Boolean(), nullable=False),
        sa.Column("is_marketer", sa.Boolean(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("last_accessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("language_preference", sa.Text(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("billing_contact_name", sa.Text(), nullable=True),
        sa.Column("billing_phone", sa.Text(), nullable=True),
        sa.Column("billing_state", sa.Text(), nullable=True),
        sa.Column("billing_country", sa.Text(), nullable=True),
        sa.Column("billing_tax_info", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("billing_address", sa.Text(), nullable=True),
        sa.Column("billing_city", sa.Text(), nullable=True),
        sa.Column("billing_zip_code", sa.Text(), nullable=True),
        sa.Column("billing_additional_info", sa.Text(), nullable=True),
        sa.Column("is_rocket_chat_registered", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("facebook_id", name="uq_users_facebook_id"),
        sa.UniqueConstraint("reset_token", name="uq_users_reset_token"),
    )
    op.create_index("uq_users_email", "users", [sa.literal_column("lower(email)")], unique=True)
    roles = sa.table("roles", sa.column("name", sa.Text), sa.column("title_name", sa.Text))
    op.bulk_insert(roles, [{"name": name, "title_name": title} for name, title in ROLES])


def downgrade() -> None:
    op.drop_table("users")
    op.drop_table("roles")
    op.drop_table("password_reset_requests")
