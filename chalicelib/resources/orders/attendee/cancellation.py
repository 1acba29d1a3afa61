"""Cancelled tickets: that one ticket of an order was given up by its buyer or its holder, and on what terms.

The attendee's row goes to the trash, as wherever a place is given back; what is here says why, and what
became of its part of the money.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.db import Model, linked_to, owned_by


class TicketCancellation(Model):
    """`is_of_paid`: the order was completed, and the ticket's share stays in what was paid, less its refund;
    `waived_minor`: so much less is owed for an order that was not paid yet.
    """

    __tablename__ = "ticket_cancellations"
    cancelled_at: Mapped[datetime] = mapped_column(default=clock.now)
    is_of_paid: Mapped[bool]
    waived_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    note: Mapped[str | None]
    attendee_id: Mapped[int] = owned_by("attendees.id", index=False)
    order_id: Mapped[int] = owned_by("orders.id")
    # Null for who has bought without an account.
    cancelled_by_id: Mapped[int | None] = linked_to("users.id")

    __table_args__ = (
        CheckConstraint("waived_minor >= 0", name="waived"),
        UniqueConstraint("attendee_id", name="uq_ticket_cancellations_attendee_id"),
    )
