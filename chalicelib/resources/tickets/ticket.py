"""Tickets: the kinds of admission an event offers, with their price, number and time of sale."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.model.fields import ToOne, attr
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import NullsAreAbsent, Trashable, money
from chalicelib.resources.columns import Off, On
from chalicelib.resources.events.event.dates import TICKETS, fits_the_event
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.tickets import ticket_rules
from chalicelib.resources.tickets.stock import TOO_FEW, TOO_MANY
from chalicelib.resources.value_fields import Key, Name, Normal

# Of each kind there is one for which people register as well.
TYPES: Final = ("free", "paid", "donation", "freeRegistration", "paidRegistration", "donationRegistration")


class Ticket(SoftDeleted, Model):
    __tablename__ = "tickets"
    name: Mapped[str] = attr(Name, required=True)
    description: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    type: Mapped[str] = attr(Normal, required=True, choices=TYPES)
    price: Mapped[Decimal | None] = attr(money)
    min_price: Mapped[Decimal] = attr(money, default=0)
    max_price: Mapped[Decimal | None] = attr(money, default=0)
    quantity: Mapped[int | None] = attr(minimum=0, default=100)
    is_description_visible: Mapped[Off] = attr()
    position: Mapped[int | None] = attr(default=1)
    is_fee_absorbed: Mapped[Off] = attr()
    sales_starts_at: Mapped[datetime] = attr(required=True)
    sales_ends_at: Mapped[datetime] = attr(required=True)
    is_hidden: Mapped[Off] = attr()
    min_order: Mapped[int | None] = attr(minimum=0, default=1)
    max_order: Mapped[int | None] = attr(minimum=0, default=10)
    is_checkin_restricted: Mapped[On] = attr()
    auto_checkin_enabled: Mapped[Off] = attr()
    form_id: Mapped[str | None] = attr(Key)
    badge_id: Mapped[str | None] = attr(Key)
    event_id: Mapped[int] = owned_by("events.id")
    pool_id: Mapped[int | None] = linked_to("ticket_pools.id")

    __table_args__ = (
        Index(
            "uq_tickets_name", "event_id", "name", unique=True, postgresql_where=text("deleted_at IS NULL")
        ),
    )


class TicketSchema(NullsAreAbsent, Trashable):
    event = ToOne("event", inverse="tickets", required=True)
    pool = ToOne("ticket-pool", inverse="tickets", within="event")


TICKET = Resource(
    "ticket",
    Ticket,
    TicketSchema,
    path="tickets",
    offers=EVERYTHING - {"list"},
    policy=ticket_rules.POLICY,
    before_write=[
        in_the_currency_of_its_event("price", "min_price", "max_price"),
        ticket_rules.sell_in_time,
        fits_the_event(TICKETS),
        ticket_rules.sell_sensible_numbers,
        ticket_rules.price_by_type,
    ],
    # Whoever moves an event locks it first and its tickets next.
    locked_with="event",
    after_write=[ticket_rules.keep_the_name_it_was_sold_under],
    before_delete=[ticket_rules.stay_while_ordered],
    kept_while="EXISTS (SELECT FROM orders_tickets sold WHERE sold.ticket_id = {t}.id)",
    conflicts={
        "uq_tickets_name": ("/data/attributes/name", "The event has a ticket with this name."),
        TOO_FEW: ("/data/attributes/quantity", "More of this ticket are sold or held already."),
        TOO_MANY: (
            "/data/relationships/pool",
            "The pool has too few places for what is sold of this ticket.",
        ),
    },
    order=["position"],
)
