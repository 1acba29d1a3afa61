"""Discount codes: for tickets of an event, or issued by staff against the platform's own fees.

Who makes and sees a discount code, what it is for, and what it may take off.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.auth.viewer import Kind
from chalicelib.db import Model, SoftDeleted, linked_to
from chalicelib.jsonapi.ground.errors import conflict, invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToMany, ToOne, attr, fields, validate
from chalicelib.jsonapi.model.policy import Policy, column_is, is_owner, staff, where_sql
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.rights.viewer_parameters import of_viewer
from chalicelib.resources.attributes import MOST_MONEY, Trashable, web_address
from chalicelib.resources.columns import TrueByDefault
from chalicelib.resources.events.event.dates import DISCOUNT_CODES, fits_the_event
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.policies import ACCOUNT_HOLDER, has_role
from chalicelib.resources.tickets import code_rules
from chalicelib.resources.tickets.code_rules import KNOWN
from chalicelib.resources.tickets.stock import TOO_FEW
from chalicelib.resources.value_fields import Code

discount_codes_tickets = Table(
    "discount_codes_tickets",
    Model.metadata,
    Column(
        "discount_code_id", BigInteger, ForeignKey("discount_codes.id", ondelete="CASCADE"), primary_key=True
    ),
    Column(
        "ticket_id", BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

discount_codes_events = Table(
    "discount_codes_events",
    Model.metadata,
    Column(
        "discount_code_id", BigInteger, ForeignKey("discount_codes.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("event_id", BigInteger, ForeignKey("events.id", ondelete="CASCADE"), primary_key=True, index=True),
)


_OFF = ("type", "value")
_NOTE_OFF = """
UPDATE orders_tickets line SET discount =
  least(CASE WHEN $2::text = 'percent' THEN line.price * $3::numeric / 100 ELSE $3::numeric END, line.price)
WHERE line.discount IS NULL AND line.order_id IN (
  SELECT sold.order_id FROM attendees sold WHERE sold.discount_code_id = $1
)
"""
_IN_CURRENCY = in_the_currency_of_its_event("value", beside="type")
_PURPOSES = ("event", "ticket")
_USED_FOR = "/data/attributes/used-for"
_USED_BY_VIEWER = sql(
    "EXISTS (SELECT 1 FROM orders bought WHERE bought.discount_code_id = ",
    *(ROW["id"], " AND ", of_viewer("bought"), ")"),
)
_FOR_TICKETS = column_is("used_for", "ticket")
_WRITERS = (_FOR_TICKETS & has_role(COORGANIZERS)) | staff
# What is for neither may be asked for by the team, and is told so.
_MAKERS = (~column_is("used_for", "event") & has_role(COORGANIZERS)) | staff
_HAS_CODE = _FOR_TICKETS & KNOWN
POLICY = Policy(
    see=_WRITERS
    | (_FOR_TICKETS & is_owner("marketer_id"))
    | where_sql(_USED_BY_VIEWER, "buyers who have used it", least=Kind.USER)
    | _HAS_CODE,
    read=_WRITERS | _HAS_CODE,
    list=staff,
    create=_MAKERS,
    change=_WRITERS,
    remove=_WRITERS,
)


class Purpose(validate.OneOf):
    """Validator of a code's purpose; an unknown one is a 409, not a 422."""

    def __init__(self) -> None:
        super().__init__(_PURPOSES)

    def __call__(self, value: Any) -> Any:
        if value not in _PURPOSES:
            raise conflict("used-for must be event or ticket.", _USED_FOR)
        return value


class DiscountCode(SoftDeleted, Model):
    __tablename__ = "discount_codes"
    code: Mapped[str] = attr(Code, required=True, validate=validate.Length(1))
    discount_url: Mapped[str | None] = attr(web_address)
    value: Mapped[Decimal] = attr(fields.Decimal, required=True, minimum=0, maximum=MOST_MONEY)
    type: Mapped[str] = attr(required=True, choices=["amount", "percent"])
    is_active: Mapped[TrueByDefault] = attr()
    tickets_number: Mapped[int | None] = attr(minimum=0)
    min_quantity: Mapped[int | None] = attr(minimum=0, default=1)
    max_quantity: Mapped[int | None] = attr(minimum=-1, default=100)
    valid_from: Mapped[datetime | None] = attr()
    valid_till: Mapped[datetime | None] = attr()
    used_for: Mapped[str] = attr(validate=Purpose(), example="ticket")
    created_at: Mapped[datetime | None] = attr(default=clock.now)
    # Since when the code has its text; null: since it was made.
    text_since: Mapped[datetime | None]
    # Only codes for tickets belong to an event; the others are assigned to events.
    event_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("events.id", ondelete="CASCADE"), index=True, nullable=True
    )
    marketer_id: Mapped[int | None] = linked_to("users.id")

    __table_args__ = (
        Index(
            "uq_discount_codes_code",
            text("coalesce(event_id, 0)"),
            text("lower(code)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class DiscountCodeSchema(Trashable):
    # A new one needs one of several relationships; the example has this one.
    example_links = ("event",)

    event = ToOne("event", inverse="discount-codes", inverse_scope=has_role(COORGANIZERS, "id"))
    marketer = ToOne("user", inverse="discount-codes", read_only=True, inverse_scope=ACCOUNT_HOLDER)
    tickets = ToMany(
        "ticket",
        inverse="discount-codes",
        through="discount_codes_tickets",
        left="discount_code_id",
        right="ticket_id",
        same_parent="event",
    )
    events = ToMany(
        "event",
        inverse="discount-code",
        inverse_many=False,
        inverse_or_404=True,
        through="discount_codes_events",
        left="discount_code_id",
        right="event_id",
        creates=True,
        inverse_scope=has_role(COORGANIZERS, "id"),
    )


def serve_one_purpose(_context: Context, change: Change) -> None:
    """A code is for tickets of one event, or for events that staff assigns; immutable."""
    row = change.row
    if row.used_for is None:
        raise conflict("Say in used-for whether the code is for an event or for tickets.", _USED_FOR)
    if "used_for" in change.before:
        raise conflict("What a code is for cannot change.", _USED_FOR)
    if row.used_for == "ticket" and row.event_id is None:
        raise invalid("The relationship event is required.", "/data/relationships/event")
    if row.used_for == "event" and row.event_id is not None:
        raise invalid("A code for events is given to them by events.", "/data/relationships/event")


def stay_as_sold(context: Context, change: Change) -> None:
    """Who has bought with the code has paid what it took off then: noted by now, but for old orders."""
    if not change.is_new and {"type", "value"} & change.before.keys():
        values = [change.row.id, *(change.before.get(name, getattr(change.row, name)) for name in _OFF)]
        db.fetch(context.session, _NOTE_OFF, values, flush=False)


def belong_to_whoever_makes_it(context: Context, change: Change) -> None:
    """The creator is the code's marketer."""
    if change.is_new:
        change.row.marketer_id = context.viewer.id


def take_a_part_at_most(context: Context, change: Change) -> None:
    """A percentage is at most 100; an amount is valid money."""
    row = change.row
    if row.type == "percent" and row.value > 100:
        raise invalid("A discount is 100 percent at most.", "/data/attributes/value")
    if row.type == "amount":
        _IN_CURRENCY(context, change)


def fit_tickets(context: Context, change: Change) -> None:
    """Only paid tickets are discounted, and never by more than their price."""
    row = change.row
    if not {"type", "value", "event_id"} & change.before.keys() and "tickets" not in change.linked:
        return
    pointer = "/data/relationships/tickets"
    rows = db.fetch(
        context.session,
        "SELECT type, price FROM tickets JOIN discount_codes_tickets link ON link.ticket_id = tickets.id "
        "WHERE link.discount_code_id = $1 AND tickets.deleted_at IS NULL",
        [row.id],
    )
    if rows and row.used_for == "event":
        raise invalid("A code for events discounts no tickets.", pointer)
    for kind, price in rows:
        if kind.startswith("free"):
            raise invalid("A free ticket cannot be discounted.", pointer)
        if row.type == "amount" and kind.startswith("paid") and row.value > (price or 0):
            raise invalid("The discount is more than a ticket's price.", "/data/attributes/value")


def fit_events(context: Context, change: Change) -> None:
    """An event has one platform code at most."""
    if "events" not in change.linked:
        return
    row = change.row
    pointer = "/data/relationships/events"
    rows = db.fetch(
        context.session,
        "SELECT EXISTS (SELECT 1 FROM discount_codes_events other "
        "JOIN discount_codes code ON code.id = other.discount_code_id "
        "WHERE other.event_id = link.event_id AND code.id <> $1 AND code.deleted_at IS NULL) "
        "FROM discount_codes_events link WHERE link.discount_code_id = $1",
        [row.id],
    )
    if rows and row.used_for == "ticket":
        raise invalid("A code for tickets belongs to its event alone.", pointer)
    if any(taken for (taken,) in rows):
        raise invalid("An event has a code of the platform already.", pointer)


DISCOUNT_CODE = Resource(
    "discount-code",
    DiscountCode,
    DiscountCodeSchema,
    path="discount-codes",
    policy=POLICY,
    before_write=[
        stay_as_sold,
        serve_one_purpose,
        belong_to_whoever_makes_it,
        take_a_part_at_most,
        code_rules.note_another_text,
        code_rules.serve_sensible_numbers,
        code_rules.begin_before_ending,
        fits_the_event(DISCOUNT_CODES),
    ],
    locked_with="event",
    after_write=[fit_tickets, fit_events],
    # Old orders know by it alone what their tickets have cost.
    retain_while=sql(
        *("EXISTS (SELECT FROM attendees sold WHERE sold.discount_code_id = ", ROW["id"]),
        " AND sold.order_id IS NOT NULL)",
    ),
    constraint_errors={
        "uq_discount_codes_code": ("/data/attributes/code", "There is a discount code like this."),
        TOO_FEW: ("/data/attributes/tickets-number", "The code has been used more often already."),
    },
)
