"""Events, their attributes in other tables, and their roles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_events"
down_revision = "2026_11_21_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_locations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_locations"),
        sa.UniqueConstraint("slug", name="uq_event_locations_slug"),
    )
    op.create_table(
        "event_topics",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("system_image_url", sa.Text(), nullable=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_event_topics"),
        sa.UniqueConstraint("slug", name="uq_event_topics_slug"),
    )
    op.create_table(
        "event_types",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_event_types"),
        sa.UniqueConstraint("slug", name="uq_event_types_slug"),
    )
    op.create_table(
        "event_sub_topics",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("event_topic_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_topic_id"],
            ["event_topics.id"],
            name="fk_event_sub_topics_event_topic_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_sub_topics"),
        sa.UniqueConstraint("event_topic_id", "slug", name="uq_event_sub_topics_slug"),
    )
    op.create_index(
        "ix_event_sub_topics_event_topic_id", "event_sub_topics", ["event_topic_id"], unique=False
    )
    op.create_table(
        "custom_placeholders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("original_image_url", sa.Text(), nullable=False),
        sa.Column("thumbnail_image_url", sa.Text(), nullable=True),
        sa.Column("large_image_url", sa.Text(), nullable=True),
        sa.Column("icon_image_url", sa.Text(), nullable=True),
        sa.Column("copyright", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("event_sub_topic_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_sub_topic_id"],
            ["event_sub_topics.id"],
            name="fk_custom_placeholders_event_sub_topic_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_custom_placeholders"),
        sa.UniqueConstraint("event_sub_topic_id", name="uq_custom_placeholders_event_sub_topic_id"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_event_url", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("logo_url", sa.Text(), nullable=True),
        sa.Column("location_name", sa.Text(), nullable=True),
        sa.Column("searchable_location_name", sa.Text(), nullable=True),
        sa.Column("public_stream_link", sa.Text(), nullable=True),
        sa.Column("stream_loop", sa.Boolean(), nullable=False),
        sa.Column("stream_autoplay", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("after_order_message", sa.Text(), nullable=True),
        sa.Column("original_image_url", sa.Text(), nullable=True),
        sa.Column("thumbnail_image_url", sa.Text(), nullable=True),
        sa.Column("large_image_url", sa.Text(), nullable=True),
        sa.Column("icon_image_url", sa.Text(), nullable=True),
        sa.Column("show_remaining_tickets", sa.Boolean(), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=True),
        sa.Column("is_map_shown", sa.Boolean(), nullable=False),
        sa.Column("is_oneclick_signup_enabled", sa.Boolean(), nullable=False),
        sa.Column("has_owner_info", sa.Boolean(), nullable=False),
        sa.Column("owner_description", sa.Text(), nullable=True),
        sa.Column("is_sessions_speakers_enabled", sa.Boolean(), nullable=False),
        sa.Column("privacy", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ticket_url", sa.Text(), nullable=True),
        sa.Column("code_of_conduct", sa.Text(), nullable=True),
        sa.Column("schedule_published_on", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_featured", sa.Boolean(), nullable=False),
        sa.Column("is_promoted", sa.Boolean(), nullable=False),
        sa.Column("is_demoted", sa.Boolean(), nullable=False),
        sa.Column("is_announced", sa.Boolean(), nullable=False),
        sa.Column("is_ticket_form_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_cfs_enabled", sa.Boolean(), nullable=False),
        sa.Column("payment_country", sa.Text(), nullable=True),
        sa.Column("payment_currency", sa.Text(), nullable=True),
        sa.Column("paypal_email", sa.Text(), nullable=True),
        sa.Column("is_tax_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_billing_info_mandatory", sa.Boolean(), nullable=False),
        sa.Column("is_donation_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_chat_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_videoroom_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_document_enabled", sa.Boolean(), nullable=False),
        sa.Column("document_links", postgresql.JSONB(), nullable=True),
        sa.Column("chat_room_name", sa.Text(), nullable=True),
        sa.Column("can_pay_by_paypal", sa.Boolean(), nullable=False),
        sa.Column("can_pay_by_stripe", sa.Boolean(), nullable=False),
        sa.Column("can_pay_by_cheque", sa.Boolean(), nullable=False),
        sa.Column("can_pay_by_bank", sa.Boolean(), nullable=False),
        sa.Column("can_pay_by_invoice", sa.Boolean(), nullable=False),
        sa.Column("can_pay_onsite", sa.Boolean(), nullable=False),
        sa.Column("can_pay_by_omise", sa.Boolean(), nullable=False),
        sa.Column("can_pay_by_alipay", sa.Boolean(), nullable=False),
        sa.Column("can_pay_by_paytm", sa.Boolean(), nullable=False),
        sa.Column("cheque_details", sa.Text(), nullable=True),
        sa.Column("invoice_details", sa.Text(), nullable=True),
        sa.Column("bank_details", sa.Text(), nullable=True),
        sa.Column("onsite_details", sa.Text(), nullable=True),
        sa.Column("is_sponsors_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pentabarf_url", sa.Text(), nullable=True),
        sa.Column("ical_url", sa.Text(), nullable=True),
        sa.Column("xcal_url", sa.Text(), nullable=True),
        sa.Column("refund_policy", sa.Text(), nullable=True),
        sa.Column("is_badges_enabled", sa.Boolean(), nullable=False),
        sa.Column("event_type_id", sa.BigInteger(), nullable=True),
        sa.Column("event_topic_id", sa.BigInteger(), nullable=True),
        sa.Column("event_sub_topic_id", sa.BigInteger(), nullable=True),
        sa.Column("event_location_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_location_id"],
            ["event_locations.id"],
            name="fk_events_event_location_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["event_sub_topic_id"],
            ["event_sub_topics.id"],
            name="fk_events_event_sub_topic_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["event_topic_id"], ["event_topics.id"], name="fk_events_event_topic_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["event_type_id"], ["event_types.id"], name="fk_events_event_type_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name="fk_events_group_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("identifier", name="uq_events_identifier"),
    )
    op.create_index("ix_events_event_location_id", "events", ["event_location_id"], unique=False)
    op.create_index("ix_events_event_sub_topic_id", "events", ["event_sub_topic_id"], unique=False)
    op.create_index("ix_events_event_topic_id", "events", ["event_topic_id"], unique=False)
    op.create_index("ix_events_event_type_id", "events", ["event_type_id"], unique=False)
    op.create_index("ix_events_group_id", "events", ["group_id"], unique=False)
    op.create_index("ix_events_state", "events", ["state"], unique=False)
    op.create_table(
        "event_copyrights",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("holder_url", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("licence_url", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("logo_url", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_event_copyrights_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_copyrights"),
    )
    op.create_index("ix_event_copyrights_event_id", "event_copyrights", ["event_id"], unique=False)
    op.create_index(
        "uq_event_copyrights_event",
        "event_copyrights",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "faq_types",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_faq_types_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_faq_types"),
    )
    op.create_index("ix_faq_types_event_id", "faq_types", ["event_id"], unique=False)
    op.create_index(
        "uq_faq_types_name", "faq_types", ["event_id", sa.literal_column("lower(btrim(name))")], unique=True
    )
    op.create_table(
        "social_links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_social_links_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_social_links"),
    )
    op.create_index("ix_social_links_event_id", "social_links", ["event_id"], unique=False)
    op.create_table(
        "sponsors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("logo_url", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_sponsors_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sponsors"),
    )
    op.create_index("ix_sponsors_event_id", "sponsors", ["event_id"], unique=False)
    op.create_table(
        "users_events_roles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_users_events_roles_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_users_events_roles_role_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_users_events_roles_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_users_events_roles"),
        sa.UniqueConstraint("user_id", "event_id", "role_id", name="uq_users_events_roles"),
    )
    op.create_index("ix_users_events_roles_event_id", "users_events_roles", ["event_id"], unique=False)
    op.create_index("ix_users_events_roles_role_id", "users_events_roles", ["role_id"], unique=False)
    op.create_index("ix_users_events_roles_user_id", "users_events_roles", ["user_id"], unique=False)
    op.create_table(
        "faqs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("faq_type_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_faqs_event_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["faq_type_id"], ["faq_types.id"], name="fk_faqs_faq_type_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_faqs"),
    )
    op.create_index("ix_faqs_event_id", "faqs", ["event_id"], unique=False)
    op.create_index("ix_faqs_faq_type_id", "faqs", ["faq_type_id"], unique=False)


def downgrade() -> None:
    op.drop_table("faqs")
    op.drop_table("users_events_roles")
    op.drop_table("sponsors")
    op.drop_table("social_links")
    op.drop_table("faq_types")
    op.drop_table("event_copyrights")
    op.drop_table("events")
    op.drop_table("custom_placeholders")
    op.drop_table("event_sub_topics")
    op.drop_table("event_types")
    op.drop_table("event_topics")
    op.drop_table("event_locations")
