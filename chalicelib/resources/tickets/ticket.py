"""Tickets: the kinds of admission an event offers, with their price, number and time of sale.

Who sees a ticket, and which prices, numbers and times of sale make sense.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from chalicelib import db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.ground.sql import ROW, Row, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToOne, attr, fields
from chalicelib.jsonapi.model.policy import among, where_sql
from chalicelib.jsonapi.model.resource import EVERYTHING, Resource
from chalicelib.jsonapi.model.rules import Described
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.jsonapi.rights.proofs import CODE, proves
from chalicelib.jsonapi.rights.viewer_parameters import email_of_viewer, of_viewer, opened_row, secret
from chalicelib.resources.attributes import NullsAreAbsent, Trashable, money
from chalicelib.resources.columns import FalseByDefault, TrueByDefault, TrueInDatabase, fill_in_defaults
from chalicelib.resources.events.event.dates import TICKETS, fits_the_event
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.orders.order.link_loader import ORDER, holds_link_there
from chalicelib.resources.orders.order.states import LIVING, listed
from chalicelib.resources.orders.payment.modes import SWITCHES
from chalicelib.resources.policies import has_role, organizers_write
from chalicelib.resources.tickets.code_rules import same_code
from chalicelib.resources.tickets.stock import TOO_FEW, TOO_MANY
from chalicelib.resources.value_fields import Key, Name, Normal

# Each kind also has a variant with registration.
TYPES: Final = ("free", "paid", "donation", "freeRegistration", "paidRegistration", "donationRegistration")


_OPEN = where_sql(sql("NOT ", ROW["is_hidden"]), "it is not hidden", of_row=True)
# From the person's side: a ticket may be held by thousands.
_HELD_BY_VIEWER = sql(
    "SELECT held.ticket_id FROM orders bought JOIN attendees held ON held.order_id = bought.id WHERE ",
    *(of_viewer("bought"), " AND held.deleted_at IS NULL "),
    *("UNION ALL SELECT held.ticket_id FROM attendees held WHERE ", email_of_viewer("held")),
    " AND held.deleted_at IS NULL",
)
_OF_LINK = sql(
    "EXISTS (SELECT FROM attendees held WHERE held.ticket_id = ",
    *(ROW["id"], " AND held.deleted_at IS NULL AND held.order_id = ", opened_row(ORDER), ")"),
)
_CODE_FITS = sql(
    "EXISTS (SELECT 1 FROM access_codes_tickets link "
    "JOIN access_codes code ON code.id = link.access_code_id "
    "JOIN events event ON event.id = code.event_id WHERE link.ticket_id = ",
    *(ROW["id"], " AND ", same_code(Row("code"), secret(CODE)), " AND code.deleted_at IS NULL "),
    "AND code.is_active AND coalesce(code.valid_from, now()) <= now() "
    "AND coalesce(code.valid_till, event.ends_at) >= now())",
)
_SHARED = organizers_write()
_OPENED = proves(CODE, _CODE_FITS, "whoever has a valid code for it")
_HELD = Described(
    among(_HELD_BY_VIEWER, "buyers and attendees who have it")
    | (holds_link_there() & where_sql(_OF_LINK, "it is in that order", of_row=True)),
    "buyers and attendees who have it",
)
POLICY = _SHARED.replace(see=_SHARED.see & (_OPEN | has_role(COORGANIZERS) | _OPENED | _HELD))


class Ticket(SoftDeleted, Model):
    __tablename__ = "tickets"
    name: Mapped[str] = attr(Name, required=True)
    description: Mapped[str | None] = attr(max_length=LONGEST_ANSWER)
    type: Mapped[str] = attr(Normal, required=True, choices=TYPES)
    price: Mapped[Decimal | None] = attr(money)
    min_price: Mapped[Decimal] = attr(money, default=0)
    max_price: Mapped[Decimal | None] = attr(money, default=0)
    # In percent, where it is not that of the event's tax.
    tax_rate: Mapped[Decimal | None] = attr(fields.Decimal, minimum=0, maximum=100, example=7)
    quantity: Mapped[int | None] = attr(minimum=0, default=100)
    is_description_visible: Mapped[FalseByDefault] = attr()
    position: Mapped[int | None] = attr(default=1)
    is_fee_absorbed: Mapped[FalseByDefault] = attr()
    sales_starts_at: Mapped[datetime] = attr(required=True)
    sales_ends_at: Mapped[datetime] = attr(required=True)
    is_hidden: Mapped[FalseByDefault] = attr()
    min_order: Mapped[int | None] = attr(minimum=0, default=1)
    max_order: Mapped[int | None] = attr(minimum=0, default=10)
    is_checkin_restricted: Mapped[TrueByDefault] = attr()
    auto_checkin_enabled: Mapped[FalseByDefault] = attr()
    # Whether it may be passed on, where the event allows that at all.
    is_transferable: Mapped[TrueInDatabase] = attr()
    # Whether it is given, and taken, in exchange for another, where the event allows that at all.
    is_exchangeable: Mapped[TrueInDatabase] = attr()
    # When it admits at the door; null: from the beginning, to the end.
    admits_from: Mapped[datetime | None] = attr()
    admits_until: Mapped[datetime | None] = attr()
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
    pool = ToOne("ticket-pool", inverse="tickets", same_parent="event")


def sell_in_time(_context: Context, change: Change) -> None:
    """Sales begin before they end."""
    row = change.row
    if _touches(change, "sales_starts_at", "sales_ends_at") and row.sales_starts_at >= row.sales_ends_at:
        raise invalid("Sales must begin before they end.", "/data/attributes/sales-starts-at")


def admit_in_time(_context: Context, change: Change) -> None:
    """A ticket admits from before until after."""
    row = change.row
    if None not in (row.admits_from, row.admits_until) and row.admits_from >= row.admits_until:
        raise invalid("admits-from must be before admits-until.", "/data/attributes/admits-until")


def sell_sensible_numbers(_context: Context, change: Change) -> None:
    """The quantity is positive, and the limits per order are consistent with it and each other."""
    row = change.row
    if not _touches(change, "quantity", "min_order", "max_order"):
        return
    if change.is_new:
        fill_in_defaults(row)
        if "max_order" not in change.sent:  # a handful of tickets must not be refused for a default
            row.max_order = max(row.min_order, min(row.max_order, row.quantity))
    if row.quantity is not None and row.quantity <= 0:
        raise invalid("There must be at least one ticket.", "/data/attributes/quantity")
    if None not in (row.min_order, row.max_order) and row.max_order < row.min_order:
        raise invalid("max-order is less than min-order.", "/data/attributes/max-order")
    for limit, name in ((row.min_order, "min-order"), (row.max_order, "max-order")):
        if None not in (row.quantity, limit) and row.quantity < limit:
            raise invalid(f"quantity is less than {name}.", "/data/attributes/quantity")


def price_by_type(context: Context, change: Change) -> None:
    """Paid tickets have a price, donations a range, and both need an accepted payment mode."""
    row = change.row
    if not _touches(change, "type", "price", "min_price", "max_price", "event_id"):
        return
    is_paid, is_donation = row.type.startswith("paid"), row.type.startswith("donation")
    if is_paid and not row.price:
        raise invalid("A paid ticket needs a price above 0.", "/data/attributes/price")
    if is_donation and row.max_price is not None and row.min_price > row.max_price:
        raise invalid("min-price is more than max-price.", "/data/attributes/min-price")
    if is_paid or is_donation:
        event = context.session.get(Event, row.event_id)
        if event is not None and not any(getattr(event, name) for name in SWITCHES):
            raise invalid("The event has no payment method yet.", "/data/attributes/type")


def keep_the_name_it_was_sold_under(context: Context, change: Change) -> None:
    """After-write hook: keep the former name in order lines without one (orders from before they
    stored it).
    """
    if "name" in change.before:
        keep = "UPDATE orders_tickets SET name = $2 WHERE ticket_id = $1 AND name IS NULL"
        db.enqueue(context.session, keep, [change.row.id, change.before["name"]])


def stay_while_ordered(context: Context, change: Change) -> None:
    """A ticket with orders, also unfinished ones, or held for those who wait is not deleted."""
    ordered = db.fetch(
        context.session,
        f"SELECT 1 FROM orders WHERE status IN {listed(LIVING)} AND ("  # noqa: S608 - no user input
        "id IN (SELECT order_id FROM attendees WHERE ticket_id = $1 AND deleted_at IS NULL) "
        "OR id IN (SELECT order_id FROM orders_tickets WHERE ticket_id = $1)) LIMIT 1",
        [change.row.id],
    )
    if ordered:
        raise forbidden("There are orders for this ticket: it cannot be removed.")
    offered = "SELECT 1 FROM waiting_list_entries WHERE offered_ticket_id = $1 AND state = 'offered' LIMIT 1"
    if db.fetch(context.session, offered, [change.row.id]):
        raise forbidden("This ticket is held for those on the waiting list: it cannot be removed yet.")


def _touches(change: Change, *columns: str) -> bool:
    return change.is_new or not change.before.keys().isdisjoint(columns)


TICKET = Resource(
    "ticket",
    Ticket,
    TicketSchema,
    path="tickets",
    methods=EVERYTHING - {"list"},
    policy=POLICY,
    before_write=[
        in_the_currency_of_its_event("price", "min_price", "max_price"),
        sell_in_time,
        admit_in_time,
        fits_the_event(TICKETS),
        sell_sensible_numbers,
        price_by_type,
    ],
    # Lock order: the event first, then its tickets.
    locked_with="event",
    after_write=[keep_the_name_it_was_sold_under],
    before_delete=[stay_while_ordered],
    # A station that admits no other kind would be for all without it.
    retain_while=sql(
        *("(EXISTS (SELECT FROM orders_tickets sold WHERE sold.ticket_id = ", ROW["id"]),
        *(") OR EXISTS (SELECT FROM stations_tickets named WHERE named.ticket_id = ", ROW["id"], "))"),
    ),
    constraint_errors={
        "uq_tickets_name": ("/data/attributes/name", "The event has a ticket with this name."),
        TOO_FEW: ("/data/attributes/quantity", "More of this ticket are sold or held already."),
        TOO_MANY: (
            "/data/relationships/pool",
            "The pool has too few places for what is sold of this ticket.",
        ),
    },
    order=["position"],
)
