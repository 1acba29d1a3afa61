"""Orders: somebody's purchase of tickets for an event, from the first click to the paid bill."""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Numeric, Table, Text, text
from sqlalchemy.orm import Mapped

from chalicelib import memorable
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.model.fields import Schema, ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import holds
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import IdText, NullsAreAbsent, money, web_address
from chalicelib.resources.columns import CreatedAt, Off
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.of_profile import OfProfile
from chalicelib.resources.orders import order_rules
from chalicelib.resources.orders.order import effects, states, transitions
from chalicelib.resources.orders.payment import modes
from chalicelib.resources.tickets.stock import FASTER, TOO_MANY

orders_tickets = Table(
    "orders_tickets",
    Model.metadata,
    Column("order_id", BigInteger, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "ticket_id", BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    Column("quantity", Integer, nullable=False, default=1),
    # What one of them costs before a discount.
    Column("price", Numeric, nullable=False, default=0),
    # What it was called then.
    Column("name", Text, nullable=True),
)


def new_order_identifier() -> str:
    """A random name that cannot be guessed: it stands in addresses and on tickets."""
    return str(uuid4())


def new_reference() -> str:
    """A random name that can be read aloud on the phone; whoever knows it sees no more than without it."""
    return memorable.OF_32_BITS.write(secrets.randbits(32))


# Where the bill goes and how it is paid: for the buyer and the team, not for all who come with the order.
_OF_THE_BILL = order_rules.SIDES


class Order(OfProfile, Model):
    __tablename__ = "orders"
    identifier: Mapped[str] = attr(read_only=True, unique=True, default=new_order_identifier)
    reference: Mapped[str | None] = attr(
        read_only=True, example="20 exultant leopards strode intensely", unique=True, default=new_reference
    )
    amount: Mapped[Decimal] = attr(money, default=0)
    address: Mapped[str | None] = attr(fields.Line, seen_by=_OF_THE_BILL)
    city: Mapped[str | None] = attr(fields.Line, seen_by=_OF_THE_BILL)
    state: Mapped[str | None] = attr(fields.Line, seen_by=_OF_THE_BILL)
    country: Mapped[str | None] = attr(fields.Line, seen_by=_OF_THE_BILL)
    zipcode: Mapped[str | None] = attr(fields.Line, seen_by=_OF_THE_BILL)
    company: Mapped[str | None] = attr(fields.Line, seen_by=_OF_THE_BILL)
    tax_business_info: Mapped[str | None] = attr(fields.Line, seen_by=_OF_THE_BILL)
    completed_at: Mapped[datetime | None] = attr(read_only=True)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    transaction_id: Mapped[str | None] = attr(read_only=True, seen_by=_OF_THE_BILL)
    # Empty while nobody has said how what costs something is paid.
    payment_mode: Mapped[str | None] = attr(choices=modes.NAMES, example="onsite")
    paid_via: Mapped[str | None] = attr(read_only=True, seen_by=_OF_THE_BILL)
    is_billing_enabled: Mapped[Off] = attr()
    brand: Mapped[str | None] = attr(read_only=True, seen_by=_OF_THE_BILL)
    exp_month: Mapped[str | None] = attr(read_only=True, seen_by=_OF_THE_BILL)
    exp_year: Mapped[str | None] = attr(read_only=True, seen_by=_OF_THE_BILL)
    last4: Mapped[str | None] = attr(read_only=True, seen_by=_OF_THE_BILL)
    status: Mapped[str] = attr(choices=states.STATES, default=states.INITIALIZING)
    payment_url: Mapped[str | None] = attr(read_only=True, seen_by=_OF_THE_BILL)
    cancel_note: Mapped[str | None] = attr(max_length=LONGEST_ANSWER, seen_by=_OF_THE_BILL)
    order_notes: Mapped[str | None] = attr(max_length=LONGEST_ANSWER, seen_by=_OF_THE_BILL)
    tickets_pdf_url: Mapped[str | None] = attr(web_address, read_only=True, seen_by=_OF_THE_BILL)
    # Until when the tickets are held for an order that nobody has finished; empty once they are sold.
    expires_at: Mapped[datetime | None]
    # As it was sold: the currency of `amount`, and the tax in or on it ({included, amount, percent, name}).
    currency: Mapped[str | None]
    tax: Mapped[dict[str, Any] | None]
    event_id: Mapped[int] = owned_by("events.id", index=False)
    user_id: Mapped[int | None] = linked_to("users.id")
    marketer_id: Mapped[int | None] = linked_to("users.id")
    discount_code_id: Mapped[int | None] = linked_to("discount_codes.id", index=False)
    access_code_id: Mapped[int | None] = linked_to("access_codes.id", index=False)
    event_invoice_id: Mapped[int | None] = linked_to("event_invoices.id")

    # A page of an event's, of a code's, or of all orders comes from them in the order of the page.
    __table_args__ = (
        *(
            Index(f"ix_orders_{name}_created_at_id", name, text("created_at DESC"), "id")
            for name in ("access_code_id", "discount_code_id", "event_id")
        ),
        Index("ix_orders_created_at_id", text("created_at DESC"), "id"),
        Index(
            "ix_orders_expires_at", "event_id", "expires_at", postgresql_where=text("expires_at IS NOT NULL")
        ),
    )


class OnSiteTicket(Schema):
    """How many of a ticket are wanted at the door."""

    id = fields.Str(required=True)
    quantity = fields.Str(required=True)


class OrderSchema(NullsAreAbsent):
    discount_code_id = IdText(
        "discount_code_id", allow_none=True, metadata={"seen_by": _OF_THE_BILL, "after": "status"}
    )
    # Says what to order, and means nothing to an order that is there already.
    on_site_tickets = fields.List(
        fields.Nested(OnSiteTicket), allow_none=True, load_only=True, metadata={"after": "tickets_pdf_url"}
    )

    event = ToOne(
        "event", inverse="orders", read_only=True, all_methods=True, inverse_scope=holds(COORGANIZERS, "id")
    )
    user = ToOne("user", read_only=True, all_methods=True)
    marketer = ToOne("user", read_only=True, all_methods=True)
    event_invoice = ToOne("event-invoice", read_only=True)
    discount_code = ToOne("discount-code", inverse="orders", read_only=True, all_methods=True)
    access_code = ToOne("access-code", inverse="orders", read_only=True)
    tickets = ToMany(
        "ticket",
        inverse="orders",
        through="orders_tickets",
        left="order_id",
        right="ticket_id",
        read_only=True,
        inverse_scope=holds(COORGANIZERS),
    )


ORDER = Resource(
    "order",
    Order,
    OrderSchema,
    path="orders",
    most_bytes=30_000,
    identifier="identifier",
    # Orders are born where tickets are held for them, which is more than storing a row.
    offers=frozenset({"list", "read", "update", "delete"}),
    policy=order_rules.POLICY,
    before_write=[
        order_rules.change_what_is_ones_own,
        order_rules.use_a_code_of_the_event,
        in_the_currency_of_its_event("amount"),
        order_rules.pay_in_a_way_that_fits,
        order_rules.say_who_is_billed,
        transitions.move_by_the_rules,
        order_rules.keep_earlier_notes,
        effects.note_the_state,
    ],
    after_write=[effects.give_back_and_tell],
    before_delete=[order_rules.keep_what_was_sold],
    order=["-created_at"],
    conflicts={TOO_MANY: ("/tickets", FASTER)},
)
