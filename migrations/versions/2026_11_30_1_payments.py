"""Payments and refunds, in minor units; never deleted, and never refunded by more than was paid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_30_1_payments"
down_revision = "2026_11_29_5_codes"
branch_labels = None
depends_on = None

# Also against other programs: what was paid, by whom and for what stays as it was written.
_KEEP = """
CREATE FUNCTION keep_money() RETURNS trigger LANGUAGE plpgsql AS $$
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
         AND (TG_TABLE_NAME, OLD.state, NEW.state) <> ('refunds', 'succeeded', 'failed')) THEN
    RAISE EXCEPTION 'what a row of % says was paid never changes', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'keep_money', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$
"""
# The row lock of the payment makes refunds of one payment wait for each other.
_COUNT = """
CREATE FUNCTION count_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before bigint := 0;
  after bigint := CASE WHEN NEW.state = 'failed' THEN 0 ELSE NEW.amount_minor END;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state <> 'failed' THEN
    before := OLD.amount_minor;
  END IF;
  IF after <> before THEN
    UPDATE payments SET refunded_minor = refunded_minor + after - before WHERE id = NEW.payment_id;
  END IF;
  RETURN NULL;
END $$
"""
_THREE = "'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'"
_NONE = (
    "'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', "
    "'XOF', 'XPF'"
)
# What was paid before there were payments.
_FORMER = f"""
INSERT INTO payments (identifier, order_id, event_id, provider, mode, amount_minor, currency, state,
  transaction_id, method, brand, last4, exp_month, exp_year, created_at, paid_at)
SELECT gen_random_uuid()::text, paid.id, paid.event_id, 'offline',
  coalesce(paid.payment_mode, paid.paid_via, 'bank'),
  round(paid.amount * CASE WHEN paid.code IN ({_NONE}) THEN 1 WHEN paid.code IN ({_THREE}) THEN 1000
    ELSE 100 END),
  paid.code, 'succeeded', paid.transaction_id, paid.paid_via, paid.brand, paid.last4, paid.exp_month,
  paid.exp_year, paid.created_at, coalesce(paid.completed_at, paid.created_at)
FROM (
  SELECT sold.*, coalesce(sold.currency, event.payment_currency, 'USD') AS code
  FROM orders sold JOIN events event ON event.id = sold.event_id
  WHERE sold.status = 'completed' AND sold.amount > 0
) paid
"""  # noqa: S608 - no user input


def _columns_of_both() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "payments",
        *_columns_of_both(),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("last4", sa.Text(), nullable=True),
        sa.Column("exp_month", sa.Text(), nullable=True),
        sa.Column("exp_year", sa.Text(), nullable=True),
        sa.Column("dispute", sa.Text(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('created', 'open', 'processing', 'succeeded', 'canceled')",
            name=op.f("ck_payments_state"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount")),
        sa.CheckConstraint("fee_minor BETWEEN 0 AND amount_minor", name=op.f("ck_payments_fee")),
        sa.CheckConstraint(
            "refunded_minor BETWEEN 0 AND CASE state WHEN 'succeeded' THEN amount_minor ELSE 0 END",
            name=op.f("ck_payments_refunded"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_payments_order_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_payments_event_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint("identifier", name="uq_payments_identifier"),
        sa.UniqueConstraint("provider", "provider_id", name="uq_payments_provider_id"),
    )
    op.create_index("ix_payments_order_id", "payments", ["order_id"])
    op.create_index("ix_payments_created_at_id", "payments", [sa.text("created_at DESC"), "id"])
    # One that may still be paid, per order.
    unfinished = sa.text("state IN ('created', 'open', 'processing')")
    op.create_index("uq_payments_open", "payments", ["order_id"], unique=True, postgresql_where=unfinished)
    op.create_table(
        "refunds",
        *_columns_of_both(),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("attendee_ids", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('created', 'pending', 'succeeded', 'failed')", name=op.f("ck_refunds_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name="fk_refunds_payment_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_refunds_order_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_refunds_event_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.UniqueConstraint("identifier", name="uq_refunds_identifier"),
        sa.UniqueConstraint("provider", "transaction_id", name="uq_refunds_transaction_id"),
    )
    for name in ("payment_id", "order_id"):
        op.create_index(f"ix_refunds_{name}", "refunds", [name])
    op.create_index("ix_refunds_created_at_id", "refunds", [sa.text("created_at DESC"), "id"])
    of_event = ["event_id", sa.text("created_at DESC"), "id"]
    op.create_index("ix_payments_event_id_created_at_id", "payments", of_event)
    op.create_index("ix_refunds_event_id_created_at_id", "refunds", of_event)
    unfinished = sa.text("state IN ('created', 'pending')")
    op.create_index("ix_refunds_unfinished", "refunds", ["checked_at"], postgresql_where=unfinished)
    op.create_table(
        "provider_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_events"),
        sa.UniqueConstraint("provider", "event_id", name="uq_provider_events_event_id"),
    )
    op.create_index("ix_provider_events_received_at", "provider_events", ["received_at"])
    op.execute(_KEEP)
    op.execute(_COUNT)
    for table in ("payments", "refunds"):
        op.execute(
            f"CREATE TRIGGER keep_money BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION keep_money()"
        )
    op.execute(
        "CREATE TRIGGER count_refund AFTER INSERT OR UPDATE OF state ON refunds "
        "FOR EACH ROW EXECUTE FUNCTION count_refund()"
    )
    op.execute(_FORMER)


def downgrade() -> None:
    op.drop_table("provider_events")
    op.drop_table("refunds")
    op.drop_table("payments")
    op.execute("DROP FUNCTION count_refund()")
    op.execute("DROP FUNCTION keep_money()")
