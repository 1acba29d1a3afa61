"""Badges, stations and check-ins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_onsite"
down_revision = "2026_11_21_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "badge_forms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("badge_id", sa.Text(), nullable=False),
        sa.Column("badge_size", sa.Text(), nullable=True),
        sa.Column("badge_color", sa.Text(), nullable=True),
        sa.Column("badge_image_url", sa.Text(), nullable=True),
        sa.Column("badge_orientation", sa.Text(), nullable=True),
        sa.Column("badge_qrfields", postgresql.JSONB(), nullable=True),
        sa.Column("is_showing_sample_data", sa.Boolean(), nullable=True),
        sa.Column("selected_image", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_badge_forms_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_badge_forms"),
    )
    op.create_index("ix_badge_forms_event_id", "badge_forms", ["event_id"], unique=False)
    op.create_table(
        "badge_field_forms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("badge_form_id", sa.BigInteger(), nullable=False),
        sa.Column("badge_id", sa.Text(), nullable=False),
        sa.Column("field_identifier", sa.Text(), nullable=True),
        sa.Column("custom_field", sa.Text(), nullable=True),
        sa.Column("sample_text", sa.Text(), nullable=True),
        sa.Column("font_size", sa.Integer(), nullable=True),
        sa.Column("font_name", sa.Text(), nullable=True),
        sa.Column("font_weight", postgresql.JSONB(), nullable=True),
        sa.Column("font_color", sa.Text(), nullable=True),
        sa.Column("text_rotation", sa.Integer(), nullable=True),
        sa.Column("text_alignment", sa.Text(), nullable=True),
        sa.Column("text_type", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("margin_top", sa.Integer(), nullable=True),
        sa.Column("margin_bottom", sa.Integer(), nullable=True),
        sa.Column("margin_left", sa.Integer(), nullable=True),
        sa.Column("margin_right", sa.Integer(), nullable=True),
        sa.Column("qr_custom_field", postgresql.JSONB(), nullable=True),
        sa.Column("is_field_expanded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["badge_form_id"],
            ["badge_forms.id"],
            name="fk_badge_field_forms_badge_form_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_badge_field_forms"),
    )
    op.create_index(
        "ix_badge_field_forms_badge_form_id", "badge_field_forms", ["badge_form_id"], unique=False
    )
    op.create_table(
        "stations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("station_name", sa.Text(), nullable=False),
        sa.Column("station_type", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("microlocation_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_stations_event_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["microlocation_id"],
            ["microlocations.id"],
            name="fk_stations_microlocation_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stations"),
    )
    op.create_index("ix_stations_event_id", "stations", ["event_id"], unique=False)
    op.create_index("ix_stations_microlocation_id", "stations", ["microlocation_id"], unique=False)
    op.create_table(
        "station_store_paxs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("current_pax", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_station_store_paxs_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_station_store_paxs_station_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_station_store_paxs"),
    )
    op.create_index("ix_station_store_paxs_session_id", "station_store_paxs", ["session_id"], unique=False)
    op.create_index("ix_station_store_paxs_station_id", "station_store_paxs", ["station_id"], unique=False)
    op.create_table(
        "user_check_ins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_holder_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_user_check_ins_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_user_check_ins_station_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_holder_id"],
            ["attendees.id"],
            name="fk_user_check_ins_ticket_holder_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_user_check_ins"),
    )
    op.create_index("ix_user_check_ins_session_id", "user_check_ins", ["session_id"], unique=False)
    op.create_index("ix_user_check_ins_station_id", "user_check_ins", ["station_id"], unique=False)
    op.create_index(
        "ix_user_check_ins_ticket_holder_id", "user_check_ins", ["ticket_holder_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("user_check_ins")
    op.drop_table("station_store_paxs")
    op.drop_table("stations")
    op.drop_table("badge_field_forms")
    op.drop_table("badge_forms")
