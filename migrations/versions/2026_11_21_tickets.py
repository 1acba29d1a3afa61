"""Tickets, codes, taxes and fees."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_tickets"
down_revision = "2026_11_21_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticket_fees",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("service_fee", sa.Numeric(), nullable=True),
        sa.Column("maximum_fee", sa.Numeric(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_fees"),
    )
    op.create_index(
        "uq_ticket_fees_currency",
        "ticket_fees",
        [sa.literal_column("coalesce(currency, '')"), sa.literal_column("coalesce(country, '')")],
        unique=True,
    )
    op.create_table(
        "access_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("access_url", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("tickets_number", sa.Integer(), nullable=True),
        sa.Column("min_quantity", sa.Integer(), nullable=True),
        sa.Column("max_quantity", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_till", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("marketer_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_access_codes_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["marketer_id"], ["users.id"], name="fk_access_codes_marketer_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_access_codes"),
    )
    op.create_index("ix_access_codes_event_id", "access_codes", ["event_id"], unique=False)
    op.create_index("ix_access_codes_marketer_id", "access_codes", ["marketer_id"], unique=False)
    op.create_table(
        "discount_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("discount_url", sa.Text(), nullable=True),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("tickets_number", sa.Integer(), nullable=True),
        sa.Column("min_quantity", sa.Integer(), nullable=True),
        sa.Column("max_quantity", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_till", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_for", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("marketer_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_discount_codes_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["marketer_id"], ["users.id"], name="fk_discount_codes_marketer_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_discount_codes"),
    )
    op.create_index("ix_discount_codes_event_id", "discount_codes", ["event_id"], unique=False)
    op.create_index("ix_discount_codes_marketer_id", "discount_codes", ["marketer_id"], unique=False)
    op.create_index(
        "uq_discount_codes_code",
        "discount_codes",
        [sa.literal_column("coalesce(event_id, 0)"), sa.literal_column("lower(code)")],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "taxes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("is_tax_included_in_price", sa.Boolean(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("should_send_invoice", sa.Boolean(), nullable=False),
        sa.Column("is_invoice_sent", sa.Boolean(), nullable=False),
        sa.Column("registered_company", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("zip", sa.Text(), nullable=True),
        sa.Column("invoice_footer", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_taxes_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_taxes"),
    )
    op.create_index("ix_taxes_event_id", "taxes", ["event_id"], unique=False)
    op.create_index(
        "uq_taxes_event", "taxes", ["event_id"], unique=True, postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.create_table(
        "ticket_tags",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_ticket_tags_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_tags"),
    )
    op.create_index("ix_ticket_tags_event_id", "ticket_tags", ["event_id"], unique=False)
    op.create_index(
        "uq_ticket_tags_name",
        "ticket_tags",
        ["event_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(), nullable=True),
        sa.Column("min_price", sa.Numeric(), nullable=False),
        sa.Column("max_price", sa.Numeric(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("is_description_visible", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("is_fee_absorbed", sa.Boolean(), nullable=False),
        sa.Column("sales_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sales_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("min_order", sa.Integer(), nullable=True),
        sa.Column("max_order", sa.Integer(), nullable=True),
        sa.Column("is_checkin_restricted", sa.Boolean(), nullable=False),
        sa.Column("auto_checkin_enabled", sa.Boolean(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=True),
        sa.Column("badge_id", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_tickets_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
    )
    op.create_index("ix_tickets_event_id", "tickets", ["event_id"], unique=False)
    op.create_index(
        "uq_tickets_name",
        "tickets",
        ["event_id", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "access_codes_tickets",
        sa.Column("access_code_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["access_code_id"],
            ["access_codes.id"],
            name="fk_access_codes_tickets_access_code_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_access_codes_tickets_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("access_code_id", "ticket_id", name="pk_access_codes_tickets"),
    )
    op.create_index("ix_access_codes_tickets_ticket_id", "access_codes_tickets", ["ticket_id"], unique=False)
    op.create_table(
        "discount_codes_events",
        sa.Column("discount_code_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discount_code_id"],
            ["discount_codes.id"],
            name="fk_discount_codes_events_discount_code_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_discount_codes_events_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("discount_code_id", "event_id", name="pk_discount_codes_events"),
    )
    op.create_index("ix_discount_codes_events_event_id", "discount_codes_events", ["event_id"], unique=False)
    op.create_table(
        "discount_codes_tickets",
        sa.Column("discount_code_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["discount_code_id"],
            ["discount_codes.id"],
            name="fk_discount_codes_tickets_discount_code_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_discount_codes_tickets_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("discount_code_id", "ticket_id", name="pk_discount_codes_tickets"),
    )
    op.create_index(
        "ix_discount_codes_tickets_ticket_id", "discount_codes_tickets", ["ticket_id"], unique=False
    )
    op.create_table(
        "ticket_tags_tickets",
        sa.Column("ticket_tag_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_tags_tickets_ticket_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_tag_id"],
            ["ticket_tags.id"],
            name="fk_ticket_tags_tickets_ticket_tag_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_tag_id", "ticket_id", name="pk_ticket_tags_tickets"),
    )
    op.create_index("ix_ticket_tags_tickets_ticket_id", "ticket_tags_tickets", ["ticket_id"], unique=False)


def downgrade() -> None:
    op.drop_table("ticket_tags_tickets")
    op.drop_table("discount_codes_tickets")
    op.drop_table("discount_codes_events")
    op.drop_table("access_codes_tickets")
    op.drop_table("tickets")
    op.drop_table("ticket_tags")
    op.drop_table("taxes")
    op.drop_table("discount_codes")
    op.drop_table("access_codes")
    op.drop_table("ticket_fees")
