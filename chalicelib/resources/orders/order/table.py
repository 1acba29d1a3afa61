"""The table of orders.

Their rules are in order.py, and name many other tables: a checkout writes the row alone, and needs none.
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
from chalicelib.jsonapi.model.fields import attr, fields
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import money, web_address
from chalicelib.resources.columns import CreatedAt, FalseByDefault, FalseInDatabase
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.buyer import BUYER
from chalicelib.resources.orders.payment import modes
from chalicelib.resources.policies import has_role
from chalicelib.resources.profile_owned import ProfileOwned
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
# Where the bill goes and how it is paid is for these, not for all who come with the order.
SIDES = BUYER | has_role(COORGANIZERS)


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
