"""Refunds: money that goes back to a buyer, the way it came; an append-only ledger beside that of payments.

The database counts them with their payment, except for those that failed, and refuses more than was paid.
"""

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.db import Model
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.orders.payment.payment import PROVIDERS, kept, money_of, seen_by_both_sides

# Its row is there; the provider has taken it; the money is on its way; the provider has refused it.
CREATED, PENDING, SUCCEEDED, FAILED = "created", "pending", "succeeded", "failed"
STATES: Final = (CREATED, PENDING, SUCCEEDED, FAILED)
UNFINISHED: Final = (CREATED, PENDING)
# An organizer wants it; the money came after the seats were gone, or twice; staff revoked a confirmation;
# it was made at the provider; the buyer gets it by the event's refund rule; the event does not take place;
# it pays for the ticket that has replaced this one, and is no money that moves.
REQUESTED, LATE, DUPLICATE, REVOKED = "requested", "late", "duplicate", "revoked"
AT_PROVIDER, BY_RULE, EVENT_CANCELLED, EXCHANGED = "at-provider", "by-rule", "event-cancelled", "exchanged"
REASONS: Final = (REQUESTED, LATE, DUPLICATE, REVOKED, AT_PROVIDER, BY_RULE, EVENT_CANCELLED, EXCHANGED)
# What was sold costs less by these; the others are of money that was never for what was sold.
REDUCING: Final = (REQUESTED, AT_PROVIDER, BY_RULE, EVENT_CANCELLED, EXCHANGED)


class Refund(Model):
    __tablename__ = "refunds"
    identifier: Mapped[str] = mapped_column(unique=True, default=lambda: str(uuid4()))
    provider: Mapped[str] = attr(read_only=True, choices=PROVIDERS)
    currency: Mapped[str] = attr(read_only=True, example="EUR")
    state: Mapped[str] = attr(read_only=True, choices=STATES, default=CREATED)
    reason: Mapped[str] = attr(read_only=True, choices=REASONS)
    note: Mapped[str | None] = attr(read_only=True)
    transaction_id: Mapped[str | None] = attr(read_only=True)
    # The provider's code for why it refused.
    failure: Mapped[str | None] = attr(read_only=True)
    created_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    completed_at: Mapped[datetime | None] = attr(read_only=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    # Whose places were given back with it.
    attendee_ids: Mapped[list[Any] | None]
    checked_at: Mapped[datetime | None]
    payment_id: Mapped[int] = kept("payments.id")
    order_id: Mapped[int] = kept("orders.id")
    event_id: Mapped[int] = kept("events.id", index=False)

    __table_args__ = (
        CheckConstraint("state IN ('created', 'pending', 'succeeded', 'failed')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("provider", "transaction_id", name="uq_refunds_transaction_id"),
        Index("ix_refunds_created_at_id", text("created_at DESC"), "id"),
        Index("ix_refunds_event_id_created_at_id", "event_id", text("created_at DESC"), "id"),
        Index(
            "ix_refunds_unfinished",
            "checked_at",
            postgresql_where=text("state IN ('created', 'pending')"),
        ),
    )


class RefundSchema(Schema):
    amount = Computed("numeric", money_of("amount_minor"), metadata={"after": "provider", "example": 94.5})

    payment = ToOne("payment", inverse="refunds", read_only=True)
    order = ToOne("order", inverse="refunds", read_only=True)
    event = ToOne("event", read_only=True)


REFUND = Resource(
    "refund",
    Refund,
    RefundSchema,
    path="refunds",
    # Written by the verb that refunds, and by what a late payment needs; never deleted.
    methods=frozenset({"list", "read"}),
    policy=Policy(
        see=seen_by_both_sides("refunds"),
        create=nobody,
        change=nobody,
        remove=nobody,
        materialize_ids=True,
    ),
    order=["-created_at"],
)
