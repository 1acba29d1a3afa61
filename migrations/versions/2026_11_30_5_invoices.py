"""Invoices of orders: numbered without gaps by seller and year, and never changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_30_5_invoices"
down_revision = "2026_11_30_5_calendars"
branch_labels = None
depends_on = None

# Whoever issues the next invoice of the same seller and year waits for the end of this transaction. As none
# is deleted, the greatest number is how many there are. A number that was given is overwritten.
_NUMBER = """
CREATE FUNCTION number_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('invoices ' || NEW.year || ' ' || NEW.seller, 0));
  SELECT coalesce(max(issued.sequence), 0) + 1 INTO NEW.sequence
    FROM invoices issued WHERE issued.seller = NEW.seller AND issued.year = NEW.year;
  RETURN NEW;
END $$
"""
_KEEP = """
CREATE FUNCTION keep_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an issued invoice is neither changed nor deleted' USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("seller", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.UniqueConstraint("order_id", name="uq_invoices_order_id"),
        sa.UniqueConstraint("seller", "year", "sequence", name="uq_invoices_number"),
    )
    op.execute(_NUMBER)
    op.execute(_KEEP)
    op.execute(
        "CREATE TRIGGER number_invoice BEFORE INSERT ON invoices "
        "FOR EACH ROW EXECUTE FUNCTION number_invoice()"
    )
    op.execute(
        "CREATE TRIGGER keep_invoice BEFORE UPDATE OR DELETE ON invoices "
        "FOR EACH ROW EXECUTE FUNCTION keep_invoice()"
    )


def downgrade() -> None:
    op.drop_table("invoices")
    op.execute("DROP FUNCTION number_invoice()")
    op.execute("DROP FUNCTION keep_invoice()")
