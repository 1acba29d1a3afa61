"""Credit notes: numbered without gaps by seller and year, never changed, never more than was invoiced."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_03_3_credit_notes"
down_revision = "2026_12_03_2_kept_money"
branch_labels = None
depends_on = None

# As number_invoice(): the next one of the seller and year waits for the end of this transaction. The lock of
# the invoice's row makes credit notes of one invoice wait for each other.
_NUMBER = """
CREATE FUNCTION number_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  invoiced numeric;
  credited numeric;
BEGIN
  SELECT (content ->> 'total')::numeric INTO invoiced FROM invoices WHERE id = NEW.invoice_id FOR UPDATE;
  SELECT coalesce(sum((content ->> 'total')::numeric), 0) INTO credited
    FROM credit_notes WHERE invoice_id = NEW.invoice_id;
  IF credited + (NEW.content ->> 'total')::numeric > invoiced THEN
    RAISE EXCEPTION 'no more is credited than was invoiced'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'number_credit_note', TABLE = 'credit_notes';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('credit notes ' || NEW.year || ' ' || NEW.seller, 0));
  SELECT coalesce(max(issued.sequence), 0) + 1 INTO NEW.sequence
    FROM credit_notes issued WHERE issued.seller = NEW.seller AND issued.year = NEW.year;
  RETURN NEW;
END $$
"""
_KEEP = """
CREATE FUNCTION keep_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'an issued credit note is neither changed nor deleted'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "credit_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("seller", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_credit_notes_amount")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name="fk_credit_notes_invoice_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name="fk_credit_notes_refund_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_credit_notes_order_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_credit_notes_event_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credit_notes"),
        sa.UniqueConstraint("seller", "year", "sequence", name="uq_credit_notes_number"),
        sa.UniqueConstraint("refund_id", name="uq_credit_notes_refund_id"),
    )
    for name in ("invoice_id", "order_id"):
        op.create_index(f"ix_credit_notes_{name}", "credit_notes", [name])
    latest = [sa.text("issued_at DESC"), "id"]
    op.create_index("ix_credit_notes_issued_at_id", "credit_notes", latest)
    op.create_index("ix_credit_notes_event_id_issued_at_id", "credit_notes", ["event_id", *latest])
    op.execute(_NUMBER)
    op.execute(_KEEP)
    op.execute(
        "CREATE TRIGGER number_credit_note BEFORE INSERT ON credit_notes "
        "FOR EACH ROW EXECUTE FUNCTION number_credit_note()"
    )
    op.execute(
        "CREATE TRIGGER keep_credit_note BEFORE UPDATE OR DELETE ON credit_notes "
        "FOR EACH ROW EXECUTE FUNCTION keep_credit_note()"
    )


def downgrade() -> None:
    op.drop_table("credit_notes")
    op.execute("DROP FUNCTION number_credit_note()")
    op.execute("DROP FUNCTION keep_credit_note()")
