"""One-time tokens, refresh token families, and account versions for revocation."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_1_identity"
down_revision = "2026_11_21_9_visible"
branch_labels = None
depends_on = None

# Triggers cover every change of an account, also by other programs. `open_event.same_password` is
# set when the same password is rehashed.
_END_TOKENS = """
CREATE FUNCTION end_tokens_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  another_password boolean := NEW.password_hash IS DISTINCT FROM OLD.password_hash
    AND coalesce(current_setting('open_event.same_password', true), '') <> 'yes';
BEGIN
  IF another_password OR NEW.email IS DISTINCT FROM OLD.email
     OR NEW.deleted_at IS DISTINCT FROM OLD.deleted_at THEN
    DELETE FROM one_time_tokens WHERE user_id = NEW.id;
  END IF;
  IF another_password OR NEW.tokens_revoked_at IS DISTINCT FROM OLD.tokens_revoked_at
     OR NEW.is_blocked IS DISTINCT FROM OLD.is_blocked OR NEW.deleted_at IS DISTINCT FROM OLD.deleted_at THEN
    NEW.token_version := OLD.token_version + 1;
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "one_time_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_one_time_tokens_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_tokens"),
        sa.UniqueConstraint("hash", name="uq_one_time_tokens_hash"),
    )
    op.create_index("ix_one_time_tokens_user_id", "one_time_tokens", ["user_id"])
    op.create_index("ix_one_time_tokens_expires_at", "one_time_tokens", ["expires_at"])
    op.create_table(
        "refresh_families",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("current", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keeps_its_token", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_refresh_families_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_refresh_families"),
        sa.UniqueConstraint("key", name="uq_refresh_families_key"),
    )
    op.create_index("ix_refresh_families_user_id", "refresh_families", ["user_id"])
    op.create_index("ix_refresh_families_expires_at", "refresh_families", ["expires_at"])
    op.add_column("users", sa.Column("token_version", sa.Integer(), server_default="0", nullable=False))
    op.execute(_END_TOKENS)
    op.execute(
        "CREATE TRIGGER end_tokens_of_account BEFORE UPDATE ON users "
        "FOR EACH ROW EXECUTE FUNCTION end_tokens_of_account()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER end_tokens_of_account ON users")
    op.execute("DROP FUNCTION end_tokens_of_account()")
    op.drop_column("users", "token_version")
    op.drop_table("refresh_families")
    op.drop_table("one_time_tokens")
