"""Attempts to capture a payment; one that was given up counts as made if its provider says so afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_02_1_paypal"
down_revision = "2026_12_01_3_taxes"
branch_labels = None
depends_on = None

_KEEP = """
CREATE OR REPLACE FUNCTION keep_money() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'keep_money', TABLE = TG_TABLE_NAME;
  END IF;
  IF (NEW.id, NEW.identifier, NEW.order_id, NEW.event_id, NEW.provider, NEW.amount_minor, NEW.currency,
      NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.identifier, OLD.order_id, OLD.event_id, OLD.provider, OLD.amount_minor,
      OLD.currency, OLD.created_at)
     -- A bank may send back a refund that was made.
     OR (OLD.state IN ('succeeded', 'canceled', 'failed') AND NEW.state <> OLD.state
         AND (TG_TABLE_NAME, OLD.state, NEW.state) {differ}) THEN
    RAISE EXCEPTION 'what a row of % says was paid never changes', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'keep_money', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$
"""
_BEFORE = "<> ('refunds', 'succeeded', 'failed')"
_NOW = "NOT IN (('refunds', 'succeeded', 'failed'), ('payments', 'canceled', 'succeeded'))"


def upgrade() -> None:
    op.add_column("payments", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.execute(_KEEP.format(differ=_NOW))


def downgrade() -> None:
    op.execute(_KEEP.format(differ=_BEFORE))
    op.drop_column("payments", "attempts")
