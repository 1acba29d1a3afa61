"""Event invoices: what the platform bills an event's owner for the tickets sold in a month."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.errors import forbidden
from chalicelib.jsonapi.fields import Computed, ToOne, fields, validate
from chalicelib.jsonapi.policy import Policy, holds, myself, nobody, staff
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import Trashable, moment, money, web_address
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.of_profile import OfProfile
from chalicelib.resources.ownership import keep_to_the_profile
from chalicelib.resources.policies import ACCOUNT_HOLDER
from chalicelib.resources.value_fields import Key

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context

STATUSES = ("paid", "due", "refunding", "refunded", "failed", "resolved")
_BILLED = myself("user_id") | staff
_BY_STAFF = {"set_by": staff}
_SECRET = {"set_by": staff, "seen_by": _BILLED}


class EventInvoice(OfProfile, SoftDeleted, Model):
    __tablename__ = "event_invoices"
    identifier: Mapped[str] = mapped_column(unique=True)
    amount: Mapped[Decimal | None] = mapped_column(Numeric)
    created_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=clock.now)
    issued_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), default=clock.now)
    completed_at: Mapped[datetime | None]
    transaction_id: Mapped[str | None]
    paid_via: Mapped[str | None]
    payment_mode: Mapped[str | None]
    brand: Mapped[str | None]
    exp_month: Mapped[int | None]
    exp_year: Mapped[int | None]
    last4: Mapped[str | None]
    stripe_token: Mapped[str | None]
    paypal_token: Mapped[str | None]
    status: Mapped[str | None] = mapped_column(default="due")
    invoice_pdf_url: Mapped[str | None]
    event_id: Mapped[int] = owned_by("events.id")
    user_id: Mapped[int | None] = linked_to("users.id")
    discount_code_id: Mapped[int | None] = linked_to("discount_codes.id")

    __table_args__ = (Index("ix_event_invoices_issued_at_id", text("issued_at DESC"), "id"),)


class EventInvoiceSchema(Trashable):
    identifier = Key(allow_none=True, metadata=_BY_STAFF)
    amount = money(allow_none=True, metadata=_BY_STAFF)
    created_at = moment(allow_none=True, metadata=_BY_STAFF)
    issued_at = moment(dump_only=True)
    due_at = Computed("timestamptz", "{t}.issued_at + interval '30 days'")
    completed_at = moment(allow_none=True, metadata=_BY_STAFF)
    transaction_id = fields.Str(plain=True, allow_none=True, metadata=_SECRET)
    paid_via = fields.Str(
        allow_none=True,
        validate=validate.OneOf(["free", "stripe", "paypal", "transfer", "onsite", "cheque"]),
        metadata=_BY_STAFF,
    )
    payment_mode = fields.Str(allow_none=True)
    brand = fields.Str(allow_none=True, metadata=_BY_STAFF)
    exp_month = fields.Int(strict=True, allow_none=True, validate=validate.Range(0, 12), metadata=_BY_STAFF)
    exp_year = fields.Int(strict=True, allow_none=True, validate=validate.Range(min=2015), metadata=_BY_STAFF)
    last4 = fields.Str(allow_none=True, metadata=_BY_STAFF)
    stripe_token = fields.Str(plain=True, allow_none=True, metadata=_SECRET)
    paypal_token = fields.Str(plain=True, allow_none=True, metadata=_SECRET)
    status = fields.Str(allow_none=True, validate=validate.OneOf(STATUSES), metadata=_BY_STAFF)
    invoice_pdf_url = web_address(allow_none=True, metadata=_BY_STAFF)

    event = ToOne("event", inverse="event-invoices", required=True, inverse_scope=holds(COORGANIZERS, "id"))
    user = ToOne("user", inverse="event-invoices", required=True, inverse_scope=ACCOUNT_HOLDER)
    discount_code = ToOne("discount-code", read_only=True)


def stay_with_the_billed(context: "Context", change: "Change") -> None:
    """Who is billed, and for what, is said by staff."""
    moved = sorted({"event_id", "user_id"} & change.before.keys())
    if moved and not context.viewer.is_staff:
        raise forbidden(
            "Only staff says who is billed.", f"/data/relationships/{moved[0].removesuffix('_id')}"
        )


def keep_the_identifier(_context: "Context", change: "Change") -> None:
    """An invoice always has its identifier; null means that it stays."""
    if change.row.identifier is None:
        change.row.identifier = change.before.pop("identifier")


EVENT_INVOICE = Resource(
    "event-invoice",
    EventInvoice,
    EventInvoiceSchema,
    path="event-invoices",
    identifier="identifier",
    # The platform makes them; they are cancelled by their status and never removed.
    offers=frozenset({"list", "read", "update"}),
    policy=Policy(
        see=_BILLED | holds(COORGANIZERS),
        list=staff,
        create=nobody,
        change=_BILLED,
        remove=nobody,
    ),
    before_write=[
        in_the_currency_of_its_event("amount"),
        stay_with_the_billed,
        keep_to_the_profile,
        keep_the_identifier,
    ],
    conflicts={
        "uq_event_invoices_identifier": (
            "/data/attributes/identifier",
            "There is an invoice with this identifier.",
        )
    },
    order=["-issued_at"],
)
