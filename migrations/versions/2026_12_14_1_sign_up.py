"""Sign-up for sessions: places and window of a session, who has signed up, and a stock for each session."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_14_1_sign_up"
down_revision = "2026_12_13_2_invite_emails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("sign_up_places", sa.Integer(), nullable=True))
    for name in ("sign_up_opens_at", "sign_up_closes_at"):
        op.add_column("sessions", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("is_sign_up_overlap_allowed", "is_sign_up_count_public"):
        op.add_column(
            "sessions", sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    op.add_column("events", sa.Column("sign_ups_per_attendee", sa.Integer(), nullable=True))
    op.add_column("stocks", sa.Column("session_id", sa.BigInteger(), nullable=True))
    op.create_table(
        "sessions_sign_up_tickets",
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_sessions_sign_up_tickets_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_sessions_sign_up_tickets_ticket_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "ticket_id", name="pk_sessions_sign_up_tickets"),
    )
    op.create_index(
        "ix_sessions_sign_up_tickets_ticket_id", "sessions_sign_up_tickets", ["ticket_id"], unique=False
    )
    op.create_table(
        "session_sign_ups",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(f"{name}_id", sa.BigInteger(), nullable=False) for name in _OWNERS),
        sa.CheckConstraint(
            "state IN ('waiting', 'confirmed', 'cancelled')", name=op.f("ck_session_sign_ups_state")
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{name}s.id"], name=f"fk_session_sign_ups_{name}_id", ondelete="CASCADE"
            )
            for name in _OWNERS
        ),
        sa.PrimaryKeyConstraint("id", name="pk_session_sign_ups"),
    )
    op.create_index("ix_session_sign_ups_event_id_id", "session_sign_ups", ["event_id", "id"])
    op.create_index("ix_session_sign_ups_attendee_id", "session_sign_ups", ["attendee_id"])
    op.create_index("ix_session_sign_ups_line", "session_sign_ups", ["session_id", "state", "id"])
    op.create_index(
        "uq_session_sign_ups_once",
        "session_sign_ups",
        ["session_id", "attendee_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )


def downgrade() -> None:
    op.drop_table("session_sign_ups")
    op.drop_table("sessions_sign_up_tickets")
    op.drop_column("stocks", "session_id")
    op.drop_column("events", "sign_ups_per_attendee")
    for name in _COLUMNS:
        op.drop_column("sessions", name)


_OWNERS = ("session", "attendee", "event")
_COLUMNS = (
    "is_sign_up_count_public",
    "is_sign_up_overlap_allowed",
    "sign_up_closes_at",
    "sign_up_opens_at",
    "sign_up_places",
)
