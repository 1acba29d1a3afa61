"""The gate: whom a station admits, when tickets admit, answers shown at the door, and scans with their
nonces.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_30_1_gate"
down_revision = "2026_12_26_3_capacity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stations", sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("stations", sa.Column("capacity", sa.Integer(), nullable=True))
    for name in ("admits_from", "admits_until"):
        op.add_column("tickets", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "custom_forms",
        sa.Column("is_shown_at_check_in", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "stations_tickets",
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name="fk_stations_tickets_station_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_stations_tickets_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("station_id", "ticket_id", name="pk_stations_tickets"),
    )
    op.create_index("ix_stations_tickets_ticket_id", "stations_tickets", ["ticket_id"])
    op.create_table(
        "door_scans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("since", sa.Text(), nullable=True),
        sa.Column("is_forced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("device_name", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("attendee_id", sa.BigInteger(), nullable=True),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_door_scans_event_id", ondelete="CASCADE"
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{name}s.id"], name=f"fk_door_scans_{name}_id", ondelete="SET NULL"
            )
            for name in ("attendee", "station", "user")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_door_scans"),
        sa.UniqueConstraint("event_id", "nonce", name="uq_door_scans_nonce"),
    )
    for name in ("attendee_id", "station_id", "user_id"):
        op.create_index(f"ix_door_scans_{name}", "door_scans", [name])


def downgrade() -> None:
    op.drop_table("door_scans")
    op.drop_table("stations_tickets")
    op.drop_column("custom_forms", "is_shown_at_check_in")
    for name in ("admits_until", "admits_from"):
        op.drop_column("tickets", name)
    for name in ("capacity", "opens_at"):
        op.drop_column("stations", name)
