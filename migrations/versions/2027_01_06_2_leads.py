"""Leads of exhibitors: settings in versions, consents of attendees, devices, scans, and the leads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2027_01_06_2_leads"
down_revision = "2027_01_06_1_discounts_as_sold"
branch_labels = None
depends_on = None

# A ticket that is another person's by now: they have agreed to nothing, and the former one's data are gone.
_FORGET = """
CREATE FUNCTION forget_leads_of_former_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM leads WHERE attendee_id = NEW.id;
  DELETE FROM lead_consents WHERE attendee_id = NEW.id;
  RETURN NULL;
END $$
"""
_WHEN = """
CREATE TRIGGER forget_leads_of_former_holder AFTER UPDATE OF email, transferred_at ON attendees FOR EACH ROW
WHEN (OLD.email IS NOT NULL AND (lower(OLD.email) IS DISTINCT FROM lower(NEW.email)
  OR OLD.transferred_at IS DISTINCT FROM NEW.transferred_at))
EXECUTE FUNCTION forget_leads_of_former_holder()
"""


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _owner(table: str, column: str, owners: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{owners}.id"], name=f"fk_{table}_{column}", ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "lead_settings",
        _id(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        _moment("since"),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        _owner("lead_settings", "event_id", "events"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_settings"),
        sa.UniqueConstraint("event_id", "version", name="uq_lead_settings_version"),
    )
    op.create_table(
        "lead_consents",
        _id(),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        _moment("decided_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        _owner("lead_consents", "attendee_id", "attendees"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_consents"),
        sa.UniqueConstraint("attendee_id", name="uq_lead_consents_attendee_id"),
    )
    op.create_table(
        "lead_devices",
        _id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=True),
        _moment("created_at"),
        _moment("pairing_ends_at"),
        *(_moment(name, nullable=True) for name in ("paired_at", "seen_at", "revoked_at")),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("exhibitor_id", sa.BigInteger(), nullable=False),
        _owner("lead_devices", "exhibitor_id", "exhibitors"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_devices"),
        sa.UniqueConstraint("hash", name="uq_lead_devices_hash"),
    )
    op.create_index("ix_lead_devices_exhibitor_id", "lead_devices", ["exhibitor_id"])
    op.create_table(
        "leads",
        _id(),
        _moment("scanned_at"),
        _moment("consented_at"),
        sa.Column("is_agreed_at_scan", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        _moment("noted_at", nullable=True),
        _moment("withdrawn_at", nullable=True),
        sa.Column("exhibitor_id", sa.BigInteger(), nullable=False),
        sa.Column("attendee_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        _owner("leads", "exhibitor_id", "exhibitors"),
        _owner("leads", "attendee_id", "attendees"),
        _owner("leads", "device_id", "lead_devices", "SET NULL"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_leads_rating")),
        sa.PrimaryKeyConstraint("id", name="pk_leads"),
        sa.UniqueConstraint("exhibitor_id", "attendee_id", name="uq_leads_attendee"),
    )
    for name in ("attendee_id", "device_id"):
        op.create_index(f"ix_leads_{name}", "leads", [name])
    op.create_table(
        "lead_scans",
        _id(),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        _moment("received_at"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("exhibitor_id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        _owner("lead_scans", "exhibitor_id", "exhibitors"),
        _owner("lead_scans", "lead_id", "leads", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_scans"),
        sa.UniqueConstraint("exhibitor_id", "nonce", name="uq_lead_scans_nonce"),
    )
    op.create_index("ix_lead_scans_lead_id", "lead_scans", ["lead_id"])
    op.execute(_FORGET)
    op.execute(_WHEN)


def downgrade() -> None:
    op.execute("DROP TRIGGER forget_leads_of_former_holder ON attendees")
    op.execute("DROP FUNCTION forget_leads_of_former_holder()")
    for table in ("lead_scans", "leads", "lead_devices", "lead_consents", "lead_settings"):
        op.drop_table(table)
