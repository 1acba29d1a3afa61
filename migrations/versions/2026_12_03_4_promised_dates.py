"""Refund rules keep when the event was to begin and end: whoever moves an event takes no promise back."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_03_4_promised_dates"
down_revision = "2026_12_03_3_credit_notes"
branch_labels = None
depends_on = None

# Whoever writes; where the event itself is being deleted, nothing is kept.
_KEEP = """
CREATE OR REPLACE FUNCTION keep_refund_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO refund_rule_versions (event_id, since, rule, starts_at, ends_at)
      SELECT id, now(), NULL, starts_at, ends_at FROM events WHERE id = OLD.event_id;
    RETURN NULL;
  END IF;
  INSERT INTO refund_rule_versions (event_id, since, rule, starts_at, ends_at)
    SELECT NEW.event_id, now(), jsonb_build_object(
      'steps', NEW.steps, 'fee', NEW.fee::text, 'needs_approval', NEW.needs_approval), starts_at, ends_at
    FROM events WHERE id = NEW.event_id;
  RETURN NULL;
END $$
"""
_KEEP_DATES = """
CREATE FUNCTION keep_refund_dates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO refund_rule_versions (event_id, since, rule, starts_at, ends_at)
    SELECT NEW.id, now(), jsonb_build_object(
      'steps', steps, 'fee', fee::text, 'needs_approval', needs_approval), NEW.starts_at, NEW.ends_at
    FROM refund_rules WHERE event_id = NEW.id;
  RETURN NULL;
END $$
"""
_KEEP_WITHOUT_DATES = """
CREATE OR REPLACE FUNCTION keep_refund_rule() RETURNS trigger LANGUAGE plpgsql AS $$
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
    for name in ("starts_at", "ends_at"):
        op.add_column("refund_rule_versions", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute(_KEEP)
    op.execute(_KEEP_DATES)
    op.execute(
        "CREATE TRIGGER keep_refund_dates AFTER UPDATE OF starts_at, ends_at ON events FOR EACH ROW "
        "WHEN (OLD.starts_at IS DISTINCT FROM NEW.starts_at OR OLD.ends_at IS DISTINCT FROM NEW.ends_at) "
        "EXECUTE FUNCTION keep_refund_dates()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_refund_dates ON events")
    op.execute("DROP FUNCTION keep_refund_dates()")
    op.execute(_KEEP_WITHOUT_DATES)
    for name in ("ends_at", "starts_at"):
        op.drop_column("refund_rule_versions", name)
