"""Ticket exchanges: a sold ticket that is replaced by another one, which an order of its own is for.

Open while that order waits for the difference; completed with it, in one transaction; else it has lapsed, and
the ticket stays as it was.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.sql import ROW, Sql, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, among, is_owner, nobody, where_sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Described
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer
from chalicelib.resources.orders.order.link_loader import holds_link
from chalicelib.resources.orders.order.states import COMPLETED, HELD, listed
from chalicelib.resources.orders.payment.payment import money_of
from chalicelib.resources.policies import has_role

_NEW: Final = "(SELECT {} FROM orders bought WHERE bought.id = "
OPEN, LAPSED = "open", "lapsed"
_STATE: Final = sql(
    *("CASE WHEN ", ROW["completed_at"], f" IS NOT NULL THEN '{COMPLETED}' WHEN "),
    *(
        _NEW.format(f"bought.status IN {listed(HELD)}"),
        ROW["new_order_id"],
        f") THEN '{OPEN}' ELSE '{LAPSED}' END",
    ),
)
# What the buyer has exchanged; what becomes of a ticket that was passed on is not for them.
_MINE: Final = sql(
    "SELECT swap.id FROM ticket_exchanges swap JOIN orders mine ON mine.id = swap.order_id "
    "WHERE swap.is_by_buyer AND ",
    of_viewer("mine"),
)
_BY_BUYER: Final = where_sql(sql(ROW["is_by_buyer"]), "the buyer has exchanged it", of_row=True)
_WHO: Final = Described(
    is_owner("asked_by_id", whichever_profile=True)
    | among(_MINE, "the buyer who has exchanged it")
    | (holds_link() & _BY_BUYER)
    | holds_link("new_order_id"),
    "whoever has exchanged it",
)


def _price() -> Sql:
    return sql(_NEW.format("bought.amount"), ROW["new_order_id"], ")")


class TicketExchange(Model):
    """`credit_minor` is what the ticket was worth, `back_minor` what goes back of it."""

    __tablename__ = "ticket_exchanges"
    created_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    completed_at: Mapped[datetime | None] = attr(read_only=True)
    currency: Mapped[str] = attr(read_only=True, example="EUR")
    credit_minor: Mapped[int] = mapped_column(BigInteger)
    back_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    is_by_buyer: Mapped[bool] = mapped_column(default=False)
    attendee_id: Mapped[int] = owned_by("attendees.id")
    order_id: Mapped[int] = owned_by("orders.id")
    new_order_id: Mapped[int] = owned_by("orders.id", index=False)
    event_id: Mapped[int] = owned_by("events.id", index=False)
    asked_by_id: Mapped[int | None] = linked_to("users.id")

    __table_args__ = (
        CheckConstraint("back_minor BETWEEN 0 AND credit_minor", name="amounts"),
        UniqueConstraint("new_order_id", name="uq_ticket_exchanges_new_order_id"),
        Index("ix_ticket_exchanges_created_at_id", text("created_at DESC"), "id"),
        Index("ix_ticket_exchanges_event_id_created_at_id", "event_id", text("created_at DESC"), "id"),
    )


class TicketExchangeSchema(Schema):
    state = Computed("text", _STATE, metadata={"example": "completed"})
    # What was paid for the ticket, what the new one costs, and what goes back of the difference.
    credit = Computed("numeric", money_of("credit_minor"), metadata={"example": 50.0})
    price = Computed("numeric", _price(), metadata={"example": 45.0})
    amount_back = Computed("numeric", money_of("back_minor"), metadata={"example": 5.0})

    attendee = ToOne("attendee", inverse="ticket-exchanges", read_only=True)
    order = ToOne("order", inverse="ticket-exchanges", read_only=True)
    new_order = ToOne("order", inverse="replaced-ticket", inverse_many=False, read_only=True)
    event = ToOne(
        "event", inverse="ticket-exchanges", read_only=True, inverse_scope=has_role(COORGANIZERS, "id")
    )


TICKET_EXCHANGE = Resource(
    "ticket-exchange",
    TicketExchange,
    TicketExchangeSchema,
    path="ticket-exchanges",
    # Written by the verb that exchanges, and by what completes the new order.
    methods=frozenset({"list", "read"}),
    policy=Policy(
        see=has_role(COORGANIZERS) | _WHO,
        create=nobody,
        change=nobody,
        remove=nobody,
        materialize_ids=True,
    ),
    order=["-created_at"],
)
