"""Refund rules of events, what they said before, and what buyers ask for by them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_12_03_1_refund_rules"
down_revision = "2026_12_02_5_one_a_month"
branch_labels = None
depends_on = None

# Whoever writes; where the event itself is being deleted, nothing is kept.
_KEEP = """
CREATE FUNCTION keep_refund_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO refund_rule_versions (event_id, since, rule)
      SELECT id, now(), NULL FROM events WHERE id = OLD.event_id;
    RETURN NULL;
  END IF;
  INSERT INTO refund_rule_versions (event_id, since, rule) VALUES (NEW.event_id, now(), jsonb_build_object(
    'steps', NEW.steps, 'fee', NEW.fee::text, 'needs_approval', NEW.needs_approval));
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "refund_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("steps", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("fee", sa.Numeric(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_refund_rules_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_refund_rules"),
        sa.UniqueConstraint("event_id", name="uq_refund_rules_event"),
    )
    op.create_index("ix_refund_rules_event_id", "refund_rules", ["event_id"], unique=False)
    op.create_table(
        "refund_rule_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_refund_rule_versions_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_refund_rule_versions"),
    )
    op.create_index("ix_refund_rule_versions_event_id_id", "refund_rule_versions", ["event_id", "id"])
    op.execute(_KEEP)
    op.execute(
        "CREATE TRIGGER keep_refund_rule AFTER INSERT OR UPDATE OR DELETE ON refund_rules "
        "FOR EACH ROW EXECUTE FUNCTION keep_refund_rule()"
    )
    op.create_table(
        "refund_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("attendee_ids", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'declined', 'withdrawn', 'superseded')",
            name=op.f("ck_refund_requests_state"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_requests_amount")),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name="fk_refund_requests_refund_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name="fk_refund_requests_order_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_refund_requests_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_refund_requests"),
    )
    for name in ("refund_id", "order_id"):
        op.create_index(f"ix_refund_requests_{name}", "refund_requests", [name])
    latest = [sa.text("created_at DESC"), "id"]
    op.create_index("ix_refund_requests_created_at_id", "refund_requests", latest)
    op.create_index("ix_refund_requests_event_id_created_at_id", "refund_requests", ["event_id", *latest])


def downgrade() -> None:
    op.drop_table("refund_requests")
    op.drop_table("refund_rules")
    op.drop_table("refund_rule_versions")
    op.execute("DROP FUNCTION keep_refund_rule()")
