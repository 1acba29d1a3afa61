"""Orders, attendees and event invoices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_21_orders"
down_revision = "2026_11_21_video_rooms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stripe_authorizations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("stripe_auth_code", sa.Text(), nullable=False),
        sa.Column("stripe_publishable_key", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_stripe_authorizations_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stripe_authorizations"),
        sa.UniqueConstraint("event_id", name="uq_stripe_authorizations_event"),
    )
    op.create_index("ix_stripe_authorizations_event_id", "stripe_authorizations", ["event_id"], unique=False)
    op.create_table(
        "tags",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("color", sa.Text(), nullable=True),
        sa.Column("is_read_only", sa.Boolean(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_tags_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
    )
    op.create_index("ix_tags_event_id", "tags", ["event_id"], unique=False)
    op.create_index(
        "uq_tags_name",
        "tags",
        ["event_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "event_invoices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("paid_via", sa.Text(), nullable=True),
        sa.Column("payment_mode", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column("last4", sa.Text(), nullable=True),
        sa.Column("stripe_token", sa.Text(), nullable=True),
        sa.Column("paypal_token", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("invoice_pdf_url", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("discount_code_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["discount_code_id"],
            ["discount_codes.id"],
            name="fk_event_invoices_discount_code_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_event_invoices_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_event_invoices_user_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_invoices"),
        sa.UniqueConstraint("identifier", name="uq_event_invoices_identifier"),
    )
    op.create_index(
        "ix_event_invoices_discount_code_id", "event_invoices", ["discount_code_id"], unique=False
    )
    op.create_index("ix_event_invoices_event_id", "event_invoices", ["event_id"], unique=False)
    op.create_index("ix_event_invoices_user_id", "event_invoices", ["user_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("zipcode", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("tax_business_info", sa.Text(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("payment_mode", sa.Text(), nullable=True),
        sa.Column("paid_via", sa.Text(), nullable=True),
        sa.Column("is_billing_enabled", sa.Boolean(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("exp_month", sa.Text(), nullable=True),
        sa.Column("exp_year", sa.Text(), nullable=True),
        sa.Column("last4", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("payment_url", sa.Text(), nullable=True),
        sa.Column("cancel_note", sa.Text(), nullable=True),
        sa.Column("order_notes", sa.Text(), nullable=True),
        sa.Column("tickets_pdf_url", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("marketer_id", sa.BigInteger(), nullable=True),
        sa.Column("discount_code_id", sa.BigInteger(), nullable=True),
        sa.Column("access_code_id", sa.BigInteger(), nullable=True),
        sa.Column("event_invoice_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["access_code_id"], ["access_codes.id"], name="fk_orders_access_code_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["discount_code_id"],
            ["discount_codes.id"],
            name="fk_orders_discount_code_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_orders_event_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["event_invoice_id"],
            ["event_invoices.id"],
            name="fk_orders_event_invoice_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["marketer_id"], ["users.id"], name="fk_orders_marketer_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_orders_user_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("identifier", name="uq_orders_identifier"),
    )
    op.create_index("ix_orders_access_code_id", "orders", ["access_code_id"], unique=False)
    op.create_index("ix_orders_discount_code_id", "orders", ["discount_code_id"], unique=False)
    op.create_index("ix_orders_event_id", "orders", ["event_id"], unique=False)
    op.create_index("ix_orders_event_invoice_id", "orders", ["event_invoice_id"], unique=False)
    op.create_index("ix_orders_marketer_id", "orders", ["marketer_id"], unique=False)
    op.create_index("ix_orders_status", "orders", ["status"], unique=False)
    op.create_index("ix_orders_user_id", "orders", ["user_id"], unique=False)
    op.create_table(
        "attendees",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("firstname", sa.Text(), nullable=True),
        sa.Column("lastname", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("tax_business_info", sa.Text(), nullable=True),
        sa.Column("billing_address", sa.Text(), nullable=True),
        sa.Column("home_address", sa.Text(), nullable=True),
        sa.Column("shipping_address", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("work_address", sa.Text(), nullable=True),
        sa.Column("work_phone", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("blog", sa.Text(), nullable=True),
        sa.Column("twitter", sa.Text(), nullable=True),
        sa.Column("facebook", sa.Text(), nullable=True),
        sa.Column("github", sa.Text(), nullable=True),
        sa.Column("instagram", sa.Text(), nullable=True),
        sa.Column("linkedin", sa.Text(), nullable=True),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("accept_video_recording", sa.Boolean(), nullable=True),
        sa.Column("accept_share_details", sa.Boolean(), nullable=True),
        sa.Column("accept_receive_emails", sa.Boolean(), nullable=True),
        sa.Column("age_group", sa.Text(), nullable=True),
        sa.Column("home_wiki", sa.Text(), nullable=True),
        sa.Column("wiki_scholarship", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("same_as_buyer", sa.Boolean(), nullable=True),
        sa.Column("is_checked_in", sa.Boolean(), nullable=False),
        sa.Column("device_name_checkin", sa.Text(), nullable=True),
        sa.Column("checkin_times", sa.Text(), nullable=True),
        sa.Column("checkout_times", sa.Text(), nullable=True),
        sa.Column("attendee_notes", sa.Text(), nullable=True),
        sa.Column("is_checked_out", sa.Boolean(), nullable=False),
        sa.Column("is_registered", sa.Boolean(), nullable=False),
        sa.Column("register_times", sa.Text(), nullable=True),
        sa.Column("pdf_url", sa.Text(), nullable=True),
        sa.Column("complex_field_values", postgresql.JSONB(), nullable=True),
        sa.Column("is_consent_form_field", sa.Boolean(), nullable=True),
        sa.Column("is_consent_of_refund_policy", sa.Boolean(), nullable=False),
        sa.Column("native_language", sa.Text(), nullable=True),
        sa.Column("fluent_language", sa.Text(), nullable=True),
        sa.Column("is_consent_form_field_photo", sa.Boolean(), nullable=True),
        sa.Column("is_consent_form_field_email", sa.Boolean(), nullable=True),
        sa.Column("is_badge_printed", sa.Boolean(), nullable=True),
        sa.Column("badge_printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_discount_applied", sa.Boolean(), nullable=True),
        sa.Column("is_access_code_applied", sa.Boolean(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("tag_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_attendees_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_attendees_order_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_attendees_tag_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_attendees_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attendees"),
    )
    op.create_index("ix_attendees_email", "attendees", [sa.literal_column("lower(email)")], unique=False)
    op.create_index("ix_attendees_event_id", "attendees", ["event_id"], unique=False)
    op.create_index("ix_attendees_order_id", "attendees", ["order_id"], unique=False)
    op.create_index("ix_attendees_tag_id", "attendees", ["tag_id"], unique=False)
    op.create_index("ix_attendees_ticket_id", "attendees", ["ticket_id"], unique=False)
    op.create_table(
        "orders_tickets",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_orders_tickets_order_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_orders_tickets_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("order_id", "ticket_id", name="pk_orders_tickets"),
    )
    op.create_index("ix_orders_tickets_ticket_id", "orders_tickets", ["ticket_id"], unique=False)


def downgrade() -> None:
    op.drop_table("orders_tickets")
    op.drop_table("attendees")
    op.drop_table("orders")
    op.drop_table("event_invoices")
    op.drop_table("tags")
    op.drop_table("stripe_authorizations")
