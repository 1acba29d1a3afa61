"""Forms: fields, options and translations."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_forms"
down_revision = "2026_11_21_administration"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "custom_forms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("field_identifier", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_included", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("is_fixed", sa.Boolean(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=True),
        sa.Column("min", sa.Integer(), nullable=True),
        sa.Column("max", sa.Integer(), nullable=True),
        sa.Column("main_language", sa.Text(), nullable=True),
        sa.Column("is_allow_edit", sa.Boolean(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_custom_forms_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_custom_forms"),
    )
    op.create_index("ix_custom_forms_event_id", "custom_forms", ["event_id"], unique=False)
    op.create_index(
        "uq_custom_forms_field",
        "custom_forms",
        ["event_id", "form", "field_identifier", sa.literal_column("coalesce(form_id, '')")],
        unique=True,
    )
    op.create_table(
        "custom_form_options",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("custom_form_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["custom_form_id"],
            ["custom_forms.id"],
            name="fk_custom_form_options_custom_form_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_custom_form_options"),
    )
    op.create_index(
        "ix_custom_form_options_custom_form_id", "custom_form_options", ["custom_form_id"], unique=False
    )
    op.create_table(
        "custom_form_translates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language_code", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=True),
        sa.Column("custom_form_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["custom_form_id"],
            ["custom_forms.id"],
            name="fk_custom_form_translates_custom_form_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_custom_form_translates"),
    )
    op.create_index(
        "ix_custom_form_translates_custom_form_id", "custom_form_translates", ["custom_form_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("custom_form_translates")
    op.drop_table("custom_form_options")
    op.drop_table("custom_forms")
