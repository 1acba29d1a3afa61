"""Orders: somebody's purchase of tickets for an event, from the first click to the paid bill.

Who sees an order, who may change what about it, and what stays of it.
"""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import memorable
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, Schema, ToMany, ToOne, attr, fields
from chalicelib.jsonapi.model.policy import Policy, among, nobody, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.jsonapi.rights.viewer_parameters import email_of_viewer
from chalicelib.resources.attributes import IdText, NullsAreAbsent, money, web_address
from chalicelib.resources.columns import CreatedAt, FalseByDefault, FalseInDatabase
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.orders.attendee.admission import demand_nobody_inside
from chalicelib.resources.orders.notes import appended
from chalicelib.resources.orders.order import effects, states, taxes, transitions
from chalicelib.resources.orders.order.buyer import BUYER, is_buyer
from chalicelib.resources.orders.order.conditions import bill_of, demand_address
from chalicelib.resources.orders.order.states import ADMITTING, CANCELLED, HELD
from chalicelib.resources.orders.payment import exchanging, ledger, modes
from chalicelib.resources.orders.payment.cancelling import refund_by_rule
from chalicelib.resources.orders.payment.modes import FREE_OF_CHARGE
from chalicelib.resources.orders.payment.strategies import provider_of
from chalicelib.resources.policies import has_role
from chalicelib.resources.profile_owned import ProfileOwned
from chalicelib.resources.tickets.discount_code import DiscountCode
from chalicelib.resources.tickets.stock import FASTER, TOO_MANY
from chalicelib.resources.value_fields import EmailAddress, TaxId

orders_tickets = Table(
    "orders_tickets",
    Model.metadata,
    Column("order_id", BigInteger, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "ticket_id", BigInteger, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    Column("quantity", Integer, nullable=False, default=1),
    # Price of each, before discounts.
    Column("price", Numeric, nullable=False, default=0),
    # The ticket's name at that time.
    Column("name", Text, nullable=True),
    # The ticket's own tax rate at that time, in percent.
    Column("tax_rate", Numeric, nullable=True),
    # What a code took off each to which it was applied; null in old orders, whose code has not changed since.
    Column("discount", Numeric, nullable=True),
)


def new_order_identifier() -> str:
    """A random UUID: it is in URLs and on tickets, so it must not be guessable."""
    return str(uuid4())


def new_reference() -> str:
    """A random sentence for reading aloud on the phone; knowing it gives no access."""
    return memorable.OF_32_BITS.write(secrets.randbits(32))


# Where the bill goes: what a buyer does not type again for a linked order.
BILLED: Final = (
    "address", "city", "state", "country", "zipcode", "company", "tax_business_info", "tax_id",
    "is_billing_enabled",
)  # fmt: skip
_BUYER_MAY = {
    "address", "city", "state", "country", "zipcode", "company", "tax_business_info", "tax_id",
    "status",    "order_notes", "payment_mode", "is_billing_enabled",
}  # fmt: skip
_ATTENDED = sql(
    "SELECT coming.order_id FROM attendees coming WHERE ",
    email_of_viewer("coming"),
    " AND coming.deleted_at IS NULL",
)
# Where the bill goes and how it is paid is for these, not for all who come with the order.
SIDES = BUYER | has_role(COORGANIZERS)
_SEEN = SIDES | among(_ATTENDED, "its attendees")
POLICY = Policy(see=_SEEN, create=nobody, change=SIDES, remove=staff, materialize_ids=True)


class Order(ProfileOwned, Model):
    __tablename__ = "orders"
    identifier: Mapped[str] = attr(read_only=True, unique=True, default=new_order_identifier)
    reference: Mapped[str | None] = attr(
        read_only=True, example="20 exultant leopards strode intensely", unique=True, default=new_reference
    )
    amount: Mapped[Decimal] = attr(money, default=0)
    address: Mapped[str | None] = attr(fields.Line, seen_by=SIDES)
    city: Mapped[str | None] = attr(fields.Line, seen_by=SIDES)
    state: Mapped[str | None] = attr(fields.Line, seen_by=SIDES)
    country: Mapped[str | None] = attr(fields.Line, seen_by=SIDES)
    zipcode: Mapped[str | None] = attr(fields.Line, seen_by=SIDES)
    company: Mapped[str | None] = attr(fields.Line, seen_by=SIDES)
    tax_business_info: Mapped[str | None] = attr(fields.Line, seen_by=SIDES)
    # Of a business: its VAT identification number, or what its country has instead.
    tax_id: Mapped[str | None] = attr(TaxId, seen_by=SIDES, example="FR40303265045")
    completed_at: Mapped[datetime | None] = attr(read_only=True)
    created_at: Mapped[CreatedAt] = attr(read_only=True)
    transaction_id: Mapped[str | None] = attr(read_only=True, seen_by=SIDES)
    # Empty while nobody has said how what costs something is paid.
    payment_mode: Mapped[str | None] = attr(choices=modes.NAMES, example="onsite")
    paid_via: Mapped[str | None] = attr(read_only=True, seen_by=SIDES)
    is_billing_enabled: Mapped[FalseByDefault] = attr()
    brand: Mapped[str | None] = attr(read_only=True, seen_by=SIDES)
    exp_month: Mapped[str | None] = attr(read_only=True, seen_by=SIDES)
    exp_year: Mapped[str | None] = attr(read_only=True, seen_by=SIDES)
    last4: Mapped[str | None] = attr(read_only=True, seen_by=SIDES)
    status: Mapped[str] = attr(choices=states.STATES, default=states.INITIALIZING)
    payment_url: Mapped[str | None] = attr(read_only=True, seen_by=SIDES)
    cancel_note: Mapped[str | None] = attr(max_length=LONGEST_ANSWER, seen_by=SIDES)
    order_notes: Mapped[str | None] = attr(max_length=LONGEST_ANSWER, seen_by=SIDES)
    tickets_pdf_url: Mapped[str | None] = attr(web_address, read_only=True, seen_by=SIDES)
    # Made while the event was in test mode: its money is none, and it is not counted.
    is_test: Mapped[FalseInDatabase] = attr(read_only=True)
    # Made by the event's team for somebody it invites, who says who comes until `expires_at`.
    is_invitation: Mapped[FalseInDatabase] = attr(read_only=True, seen_by=SIDES)
    # Who has bought without an account: empty for orders of accounts.
    guest_name: Mapped[str | None] = attr(read_only=True, seen_by=SIDES, example="Ada Lovelace")
    guest_email: Mapped[str | None] = attr(
        EmailAddress, read_only=True, seen_by=SIDES, example="ada@example.org"
    )
    # When that address was proven, and a digest of the client's IP address while places are held.
    guest_verified_at: Mapped[datetime | None]
    guest_source: Mapped[str | None]
    # What whoever has ordered accepts, or has opened the link with (Accept-Language): for mails.
    mail_language: Mapped[str | None]
    # Tokens of the order's link have it; another one ends them.
    link_version: Mapped[int] = mapped_column(server_default="0", default=0)
    # Until when the tickets are held for an order that nobody has finished; empty once they are sold.
    expires_at: Mapped[datetime | None]
    # As sold: the currency of `amount`, and the tax ({included, amount, percent, name}).
    currency: Mapped[str | None]
    tax: Mapped[dict[str, Any] | None]
    # What the ticket is worth that this order replaces, in minor units; null: it replaces none.
    credit_minor: Mapped[int | None] = mapped_column(BigInteger)
    event_id: Mapped[int] = owned_by("events.id", index=False)
    user_id: Mapped[int | None] = linked_to("users.id")
    marketer_id: Mapped[int | None] = linked_to("users.id")
    discount_code_id: Mapped[int | None] = linked_to("discount_codes.id", index=False)
    access_code_id: Mapped[int | None] = linked_to("access_codes.id", index=False)
    event_invoice_id: Mapped[int | None] = linked_to("event_invoices.id")
    # The first order of the same buyer, to which this one was added.
    added_to_id: Mapped[int | None] = linked_to("orders.id")

    # For pages of orders of an event, of a code, or of all, in the order of the page.
    __table_args__ = (
        CheckConstraint("guest_email IS NULL OR user_id IS NULL", name="one_buyer"),
        Index(
            "ix_orders_guest_email",
            text("lower(guest_email)"),
            postgresql_where=text("guest_email IS NOT NULL"),
        ),
        Index(
            "ix_orders_guests_expired",
            "created_at",
            postgresql_where=text(f"guest_email IS NOT NULL AND status = '{states.EXPIRED}'"),
        ),
        Index("ix_orders_guest_source", "guest_source", postgresql_where=text("guest_source IS NOT NULL")),
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
    """A quantity of a ticket ordered on site."""

    id = fields.Str(required=True)
    quantity = fields.Str(required=True)


class OrderSchema(NullsAreAbsent):
    discount_code_id = IdText(
        "discount_code_id", allow_none=True, metadata={"seen_by": SIDES, "after": "status"}
    )
    # Whether the buyer accounts for the tax, which the amount is without.
    is_reverse_charge = Computed(
        "boolean",
        sql("coalesce((", ROW["tax"], " ->> 'reverse_charge')::boolean, false)"),
        metadata={"seen_by": SIDES, "after": "tax_id"},
    )
    # What to order; ignored for an existing order.
    on_site_tickets = fields.List(
        fields.Nested(OnSiteTicket), allow_none=True, load_only=True, metadata={"after": "tickets_pdf_url"}
    )

    event = ToOne(
        "event",
        inverse="orders",
        read_only=True,
        all_methods=True,
        inverse_scope=has_role(COORGANIZERS, "id"),
    )
    user = ToOne("user", read_only=True, all_methods=True)
    marketer = ToOne("user", read_only=True, all_methods=True)
    event_invoice = ToOne("event-invoice", read_only=True)
    discount_code = ToOne("discount-code", inverse="orders", read_only=True, all_methods=True)
    access_code = ToOne("access-code", inverse="orders", read_only=True)
    added_to = ToOne("order", inverse="added-orders", read_only=True)
    tickets = ToMany(
        "ticket",
        inverse="orders",
        through="orders_tickets",
        left="order_id",
        right="ticket_id",
        read_only=True,
        inverse_scope=has_role(COORGANIZERS),
    )


def change_what_is_ones_own(context: Context, change: Change) -> None:
    """Buyers set billing data until the order is placed; the event's team sets the state.

    State transitions are checked elsewhere.
    """
    row, viewer = change.row, context.viewer
    if not change.before or viewer.is_staff:
        return
    if not is_buyer(viewer, row.id, row.user_id, row.profile_id):
        _demand(change, {"status", "cancel_note"} if _is_being_cancelled(change) else {"status"})
    elif _is_being_cancelled(change):
        _undo(change, {"status"})
    elif change.before.get("status", row.status) in HELD:
        _demand(change, _BUYER_MAY)
    else:
        _demand(change, {"status"})


def use_a_code_of_the_event(context: Context, change: Change) -> None:
    """The discount code must belong to the order's event."""
    row = change.row
    if row.discount_code_id is None or "discount_code_id" not in change.before:
        return
    code = context.session.get(DiscountCode, row.discount_code_id)
    if code is None or code.deleted_at is not None or code.event_id != row.event_id:
        raise invalid("The event has no such discount code.", "/data/attributes/discount-code-id")


def pay_in_a_way_that_fits(context: Context, change: Change) -> None:
    """An order that costs something is not free of charge, and the event must accept the payment mode."""
    row, changed = change.row, change.before.keys()
    if row.payment_mode is None or changed.isdisjoint({"payment_mode", "amount"}):
        return
    # An event that stops to take a payment still takes the one that was agreed on.
    if "payment_mode" not in changed and row.payment_mode != FREE_OF_CHARGE:
        return
    bill = bill_of(context, row)
    provider_of(bill).begin(bill)


def say_who_is_billed(context: Context, change: Change) -> None:
    """Requesting a bill requires an address."""
    if "is_billing_enabled" in change.before:
        demand_address(context, change.row)


def keep_earlier_notes(_context: Context, change: Change) -> None:
    """Notes are append-only."""
    if change.before.get("order_notes"):
        change.row.order_notes = appended(change.before["order_notes"], change.row.order_notes)


def keep_what_was_sold(context: Context, change: Change) -> None:
    """Paid orders are not deleted, nor orders with attendees checked in."""
    if change.row.amount > 0 and change.row.status in ADMITTING:
        raise forbidden("This order was paid for: cancel it instead.")
    demand_nobody_inside(context, change.row.id, "/data")


def _is_being_cancelled(change: Change) -> bool:
    return change.row.status == CANCELLED and "status" in change.before


def _undo(change: Change, keep: set[str]) -> None:
    change.undo(change.before.keys() - keep)


def _demand(change: Change, allowed: set[str]) -> None:
    refused: list[Any] = sorted(change.before.keys() - allowed)
    if refused:
        name = refused[0].replace("_", "-")
        raise forbidden(
            f"You may not set {name} while this order is {change.before.get('status', change.row.status)}.",
            f"/data/attributes/{name}",
        )


ORDER = Resource(
    "order",
    Order,
    OrderSchema,
    path="orders",
    most_bytes=30_000,
    identifier="identifier",
    # Orders are created by the action create-order, which reserves the tickets.
    methods=frozenset({"list", "read", "update", "delete"}),
    policy=POLICY,
    before_write=[
        change_what_is_ones_own,
        use_a_code_of_the_event,
        taxes.know_the_tax_id,
        taxes.charge_tax_by_who_buys,
        in_the_currency_of_its_event("amount"),
        ledger.keep_the_amount_while_it_is_paid,
        pay_in_a_way_that_fits,
        say_who_is_billed,
        transitions.check_transition,
        keep_earlier_notes,
        effects.apply_state_fields,
    ],
    after_write=[
        exchanging.take_over,
        ledger.record_confirmation,
        refund_by_rule,
        effects.release_seats_and_emit,
    ],
    before_delete=[keep_what_was_sold],
    order=["-created_at"],
    constraint_errors={TOO_MANY: ("/tickets", FASTER)},
)
