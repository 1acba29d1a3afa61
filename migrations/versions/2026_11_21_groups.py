"""Groups, their organizers and followers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_groups"
down_revision = "2026_11_21_tasks_and_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("social_links", postgresql.JSONB(), nullable=True),
        sa.Column("logo_url", sa.Text(), nullable=True),
        sa.Column("is_promoted", sa.Boolean(), nullable=False),
        sa.Column("banner_url", sa.Text(), nullable=True),
        sa.Column("thumbnail_image_url", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_groups_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
    )
    op.create_index("ix_groups_user_id", "groups", ["user_id"], unique=False)
    op.create_table(
        "user_follow_groups",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_user_follow_groups_group_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_user_follow_groups_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_user_follow_groups"),
        sa.UniqueConstraint("user_id", "group_id", name="uq_user_follow_groups"),
    )
    op.create_index("ix_user_follow_groups_group_id", "user_follow_groups", ["group_id"], unique=False)
    op.create_index("ix_user_follow_groups_user_id", "user_follow_groups", ["user_id"], unique=False)
    op.create_table(
        "users_groups_roles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="fk_users_groups_roles_group_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_users_groups_roles_role_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_users_groups_roles_user_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_users_groups_roles"),
        sa.UniqueConstraint("token", name="uq_users_groups_roles_token"),
        sa.UniqueConstraint("user_id", "group_id", "role_id", name="uq_users_groups_roles_user"),
    )
    op.create_index("ix_users_groups_roles_group_id", "users_groups_roles", ["group_id"], unique=False)
    op.create_index("ix_users_groups_roles_role_id", "users_groups_roles", ["role_id"], unique=False)
    op.create_index("ix_users_groups_roles_user_id", "users_groups_roles", ["user_id"], unique=False)
    op.create_index(
        "uq_users_groups_roles_email",
        "users_groups_roles",
        ["group_id", "role_id", sa.literal_column("lower(email)")],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("users_groups_roles")
    op.drop_table("user_follow_groups")
    op.drop_table("groups")
