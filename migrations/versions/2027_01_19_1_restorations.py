"""Backups that were restored, what is in doubt since then, and numbers of papers that are not given twice."""

import sqlalchemy as sa
from alembic import op

revision = "2027_01_19_1_restorations"
down_revision = "2027_01_09_2_leads_of_nobody"
branch_labels = None
depends_on = None

# Numbers of the lost time may be on somebody's paper: what follows goes on in another range.
_FORMER = "coalesce(max(issued.sequence), 0)"
_LAST = f"""greatest({_FORMER}, coalesce((SELECT max(number_floor) FROM restorations
      WHERE NEW.year BETWEEN first_year AND last_year), 0))"""  # noqa: S608 - constants
_INVOICE = """
CREATE OR REPLACE FUNCTION number_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('invoices ' || NEW.year || ' ' || NEW.seller, 0));
  SELECT {last} + 1 INTO NEW.sequence
    FROM invoices issued WHERE issued.seller = NEW.seller AND issued.year = NEW.year;
  RETURN NEW;
END $$
"""
_CREDIT_NOTE = """
CREATE OR REPLACE FUNCTION number_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
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
  SELECT {last} + 1 INTO NEW.sequence
    FROM credit_notes issued WHERE issued.seller = NEW.seller AND issued.year = NEW.year;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "restorations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lost_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number_floor", sa.BigInteger(), nullable=False),
        sa.Column("first_year", sa.Integer(), nullable=False),
        sa.Column("last_year", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restorations"),
        sa.UniqueConstraint("moment", name="uq_restorations_moment"),
    )
    op.add_column("outbox", sa.Column("restoration_id", sa.BigInteger(), nullable=True))
    op.add_column("outbox", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    for function in (_INVOICE, _CREDIT_NOTE):
        op.execute(function.format(last=_LAST))


def downgrade() -> None:
    for function in (_INVOICE, _CREDIT_NOTE):
        op.execute(function.format(last=_FORMER))
    op.drop_column("outbox", "held_at")
    op.drop_column("outbox", "restoration_id")
    op.drop_table("restorations")
