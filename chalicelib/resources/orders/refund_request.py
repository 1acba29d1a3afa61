"""Refund requests: what a buyer wants back by the event's refund rule, where an organizer has to agree.

The amount is that of the quote when it was asked for, however long the answer takes. Tickets admit until the
request is approved, as it may be declined; who cancels the order at once has given them back already.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.db import Model, owned_by
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, nobody
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.orders.payment.payment import money_of, seen_by_both_sides

REQUESTED, APPROVED, DECLINED, WITHDRAWN = "requested", "approved", "declined", "withdrawn"
# The tickets were refunded in another way before it was answered.
SUPERSEDED: Final = "superseded"
STATES: Final = (REQUESTED, APPROVED, DECLINED, WITHDRAWN, SUPERSEDED)


class RefundRequest(Model):
    __tablename__ = "refund_requests"
    state: Mapped[str] = attr(read_only=True, choices=STATES, default=REQUESTED)
    currency: Mapped[str] = attr(read_only=True, example="EUR")
    # So much of what was paid, before the fee.
    percent: Mapped[int] = attr(read_only=True)
    # What the buyer says, and what the organizer answers.
    note: Mapped[str | None] = attr(read_only=True)
    answer: Mapped[str | None] = attr(read_only=True)
    created_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    answered_at: Mapped[datetime | None] = attr(read_only=True)
    attendee_ids: Mapped[list[Any]]
    paid_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    refund_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("refunds.id", ondelete="RESTRICT"), index=True
    )
    order_id: Mapped[int] = owned_by("orders.id")
    event_id: Mapped[int] = owned_by("events.id", index=False)

    __table_args__ = (
        CheckConstraint(
            "state IN ('requested', 'approved', 'declined', 'withdrawn', 'superseded')", name="state"
        ),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_refund_requests_created_at_id", text("created_at DESC"), "id"),
        Index("ix_refund_requests_event_id_created_at_id", "event_id", text("created_at DESC"), "id"),
    )


class RefundRequestSchema(Schema):
    # What was paid for the tickets, what is kept of the share, and what goes back.
    paid = Computed("numeric", money_of("paid_minor"), metadata={"after": "state", "example": 100.0})
    fee = Computed("numeric", money_of("fee_minor"), metadata={"after": "percent", "example": 5.0})
    amount = Computed("numeric", money_of("amount_minor"), metadata={"after": "fee", "example": 75.0})

    order = ToOne("order", inverse="refund-requests", read_only=True)
    event = ToOne("event", inverse="refund-requests", read_only=True)
    refund = ToOne("refund", read_only=True)


REFUND_REQUEST = Resource(
    "refund-request",
    RefundRequest,
    RefundRequestSchema,
    path="refund-requests",
    # Written by the verbs that ask, answer and refund.
    methods=frozenset({"list", "read"}),
    policy=Policy(
        see=seen_by_both_sides("refund_requests"),
        create=nobody,
        change=nobody,
        remove=nobody,
        materialize_ids=True,
    ),
    order=["-created_at"],
)
