"""Payments and refunds keep their id at the provider, their account and their fee once they are known."""

from alembic import op

revision = "2026_12_03_2_kept_money"
down_revision = "2026_12_03_1_refund_rules"
branch_labels = None
depends_on = None

# As keep_money() says for amounts: what a row has once said is never said otherwise.
_KEEP = """
CREATE FUNCTION keep_provider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.provider_id IS NOT NULL AND NEW.provider_id IS DISTINCT FROM OLD.provider_id
     OR OLD.account IS NOT NULL AND NEW.account IS DISTINCT FROM OLD.account
     OR OLD.fee_minor <> 0 AND NEW.fee_minor <> OLD.fee_minor
     OR NEW.mode <> OLD.mode THEN
    RAISE EXCEPTION 'what a row of payments says of its provider never changes'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'keep_provider', TABLE = 'payments';
  END IF;
  RETURN NEW;
END $$
"""
_KEEP_REFUND = """
CREATE FUNCTION keep_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.transaction_id IS NOT NULL AND NEW.transaction_id IS DISTINCT FROM OLD.transaction_id
     OR (NEW.payment_id, NEW.reason, NEW.attendee_ids)
        IS DISTINCT FROM (OLD.payment_id, OLD.reason, OLD.attendee_ids) THEN
    RAISE EXCEPTION 'what a row of refunds says was refunded never changes'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'keep_refund', TABLE = 'refunds';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(_KEEP)
    op.execute(_KEEP_REFUND)
    op.execute(
        "CREATE TRIGGER keep_provider BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION keep_provider()"
    )
    op.execute(
        "CREATE TRIGGER keep_refund BEFORE UPDATE ON refunds FOR EACH ROW EXECUTE FUNCTION keep_refund()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_refund ON refunds")
    op.execute("DROP TRIGGER keep_provider ON payments")
    op.execute("DROP FUNCTION keep_refund()")
    op.execute("DROP FUNCTION keep_provider()")
