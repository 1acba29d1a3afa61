"""Ticket transfers: a ticket is offered to an address, and accepted or declined by whoever gets the link.

The accepted ones are the chain of a ticket's holders. A ticket has one open offer at most.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.fields import Computed, Schema, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, among, is_owner, nobody, where_sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.rules import Described
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer
from chalicelib.resources.orders.order.link_loader import holds_link
from chalicelib.resources.orders.order.states import listed
from chalicelib.resources.policies import has_role, owns_email
from chalicelib.resources.value_fields import EmailAddress

OFFERED, ACCEPTED, DECLINED, WITHDRAWN = "offered", "accepted", "declined", "withdrawn"
# Nobody has answered in time; the ticket was cancelled, refunded or removed meanwhile.
EXPIRED, TICKET_ENDED = "expired", "ended"
STATES: Final = (OFFERED, ACCEPTED, DECLINED, WITHDRAWN, EXPIRED, TICKET_ENDED)
_PRICE: Final = sql(
    "(SELECT coalesce(line.price, ticket.price, 0) FROM attendees person "
    "JOIN tickets ticket ON ticket.id = person.ticket_id LEFT JOIN orders_tickets line "
    "ON line.order_id = person.order_id AND line.ticket_id = person.ticket_id WHERE person.id = ",
    *(ROW["attendee_id"], ")"),
)
_CURRENCY: Final = sql(
    "(SELECT coalesce(bought.currency, event.payment_currency) FROM orders bought "
    "JOIN events event ON event.id = bought.event_id WHERE bought.id = ",
    *(ROW["order_id"], ")"),
)
# What the buyer has offered; who gets a ticket later, and to whom it goes from there, is not for them.
_MINE: Final = sql(
    "SELECT passed.id FROM ticket_transfers passed JOIN orders mine ON mine.id = passed.order_id "
    "WHERE passed.is_by_buyer AND ",
    of_viewer("mine"),
)
_BY_BUYER: Final = where_sql(sql(ROW["is_by_buyer"]), "it was offered by the buyer", of_row=True)
_OFFERER: Final = Described(
    is_owner("offered_by_id", whichever_profile=True)
    | among(_MINE, "the buyer who has offered it")
    | (holds_link() & _BY_BUYER),
    "whoever has offered it",
)


class TicketTransfer(Model):
    __tablename__ = "ticket_transfers"
    state: Mapped[str] = attr(read_only=True, choices=STATES, default=OFFERED)
    # To whom.
    email: Mapped[str] = attr(EmailAddress, read_only=True, example="grace@example.org")
    note: Mapped[str | None] = attr(read_only=True)
    # Who held the ticket when it was offered, and who does since.
    from_name: Mapped[str | None] = attr(read_only=True)
    from_email: Mapped[str | None] = attr(EmailAddress, read_only=True)
    to_name: Mapped[str | None] = attr(read_only=True)
    created_at: Mapped[datetime] = attr(read_only=True, default=clock.now)
    expires_at: Mapped[datetime] = attr(read_only=True)
    answered_at: Mapped[datetime | None] = attr(read_only=True)
    # Of the secret in the mailed link, which is made with the mail.
    hash: Mapped[str | None]
    # What the attendee's code ended with before: it admits nobody any more.
    attendee_id: Mapped[int] = owned_by("attendees.id")
    order_id: Mapped[int] = owned_by("orders.id")
    event_id: Mapped[int] = owned_by("events.id", index=False)
    offered_by_id: Mapped[int | None] = linked_to("users.id")
    is_by_buyer: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint(f"state IN {listed(STATES)}", name="state"),
        UniqueConstraint("hash", name="uq_ticket_transfers_hash"),
        Index("ix_ticket_transfers_email", text("lower(email)")),
        Index("ix_ticket_transfers_created_at_id", text("created_at DESC"), "id"),
        Index("ix_ticket_transfers_event_id_created_at_id", "event_id", text("created_at DESC"), "id"),
        Index("ix_ticket_transfers_expires_at", "expires_at", postgresql_where=text("state = 'offered'")),
        Index(
            "uq_ticket_transfers_offered",
            "attendee_id",
            unique=True,
            postgresql_where=text("state = 'offered'"),
        ),
    )


class TicketTransferSchema(Schema):
    # As the ticket was sold. Who gets it owes it to nobody here: that is between the two.
    price = Computed("numeric", _PRICE, metadata={"after": "email", "example": 50.0})
    currency = Computed("text", _CURRENCY, metadata={"after": "price", "example": "EUR"})

    attendee = ToOne("attendee", inverse="ticket-transfers", read_only=True)
    order = ToOne("order", inverse="ticket-transfers", read_only=True)
    event = ToOne(
        "event", inverse="ticket-transfers", read_only=True, inverse_scope=has_role(COORGANIZERS, "id")
    )


TICKET_TRANSFER = Resource(
    "ticket-transfer",
    TicketTransfer,
    TicketTransferSchema,
    path="ticket-transfers",
    # Written by the verbs that offer, answer and withdraw, and by the clock.
    methods=frozenset({"list", "read"}),
    policy=Policy(
        see=has_role(COORGANIZERS) | Described(owns_email("email"), "who is offered it") | _OFFERER,
        create=nobody,
        change=nobody,
        remove=nobody,
        materialize_ids=True,
    ),
    order=["-created_at"],
)
