"""Event invoices: what the platform bills an event's owner for the tickets sold in a month."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock
from chalicelib.auth.roles import COORGANIZERS, ORGANIZERS
from chalicelib.db import Model, SoftDeleted, linked_to, owned_by
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.ground.sql import ROW, sql
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Computed, ToOne, attr
from chalicelib.jsonapi.model.policy import Policy, is_owner, nobody, staff
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import Trashable, money, web_address
from chalicelib.resources.money_rules import in_the_currency_of_its_event
from chalicelib.resources.orders.billing import SETTLED, settle_later
from chalicelib.resources.ownership import keep_to_the_profile
from chalicelib.resources.policies import ACCOUNT_HOLDER, has_role
from chalicelib.resources.profile_owned import ProfileOwned
from chalicelib.resources.value_fields import Key

PAYABLE_FOR = timedelta(days=30)
STATUSES = ("paid", "due", "refunding", "refunded", "failed", "resolved")
BILLED = is_owner("user_id") | staff
# Who gets it as a document.
SIDES = BILLED | has_role(ORGANIZERS)


class EventInvoice(ProfileOwned, SoftDeleted, Model):
    __tablename__ = "event_invoices"
    identifier: Mapped[str] = attr(Key, allow_null=True, set_by=staff, unique=True)
    amount: Mapped[Decimal | None] = attr(money, set_by=staff)
    created_at: Mapped[datetime | None] = attr(set_by=staff, default=clock.now)
    issued_at: Mapped[datetime | None] = attr(read_only=True, default=clock.now)
    completed_at: Mapped[datetime | None] = attr(set_by=staff)
    transaction_id: Mapped[str | None] = attr(plain=True, set_by=staff, seen_by=BILLED)
    paid_via: Mapped[str | None] = attr(
        choices=["free", "stripe", "paypal", "transfer", "onsite", "cheque"], set_by=staff
    )
    payment_mode: Mapped[str | None] = attr()
    brand: Mapped[str | None] = attr(set_by=staff)
    exp_month: Mapped[int | None] = attr(minimum=0, maximum=12, set_by=staff)
    exp_year: Mapped[int | None] = attr(minimum=2015, set_by=staff)
    last4: Mapped[str | None] = attr(set_by=staff)
    stripe_token: Mapped[str | None] = attr(plain=True, set_by=staff, seen_by=BILLED)
    paypal_token: Mapped[str | None] = attr(plain=True, set_by=staff, seen_by=BILLED)
    status: Mapped[str | None] = attr(choices=STATUSES, set_by=staff, default="due")
    invoice_pdf_url: Mapped[str | None] = attr(web_address, set_by=staff)
    # The first day of the month that is billed; what it was worked out from; how often its payment was begun.
    period: Mapped[date | None]
    details: Mapped[dict[str, Any] | None]
    attempts: Mapped[int] = mapped_column(server_default="0", default=0)
    event_id: Mapped[int] = owned_by("events.id")
    user_id: Mapped[int | None] = linked_to("users.id")
    discount_code_id: Mapped[int | None] = linked_to("discount_codes.id")

    __table_args__ = (
        Index("ix_event_invoices_issued_at_id", text("issued_at DESC"), "id"),
        Index("uq_event_invoices_period", "event_id", "period", unique=True),
    )

    @property
    def due(self) -> datetime | None:
        """When it is to be paid."""
        return self.issued_at + PAYABLE_FOR if self.issued_at is not None else None


class EventInvoiceSchema(Trashable):
    due_at = Computed(
        "timestamptz", sql(ROW["issued_at"], " + interval '30 days'"), metadata={"after": "issued_at"}
    )

    event = ToOne(
        "event", inverse="event-invoices", required=True, inverse_scope=has_role(COORGANIZERS, "id")
    )
    user = ToOne("user", inverse="event-invoices", required=True, inverse_scope=ACCOUNT_HOLDER)
    discount_code = ToOne("discount-code", read_only=True)


def stay_with_the_billed(context: Context, change: Change) -> None:
    """Only staff changes who is billed, and for what."""
    moved = sorted({"event_id", "user_id"} & change.before.keys())
    if moved and not context.viewer.is_staff:
        raise forbidden(
            "Only staff says who is billed.", f"/data/relationships/{moved[0].removesuffix('_id')}"
        )


def keep_the_identifier(_context: Context, change: Change) -> None:
    """The identifier is required; null leaves it unchanged."""
    if change.row.identifier is None:
        change.undo({"identifier"})


def end_what_was_begun(context: Context, change: Change) -> None:
    """What was begun to be paid online is ended at once when staff says that the invoice is settled."""
    row = change.row
    if "status" in change.before and row.status in SETTLED and (row.stripe_token or row.paypal_token):
        settle_later(context.session, row.id)


EVENT_INVOICE = Resource(
    "event-invoice",
    EventInvoice,
    EventInvoiceSchema,
    path="event-invoices",
    identifier="identifier",
    # Created by the platform; cancelled by status, never deleted.
    methods=frozenset({"list", "read", "update"}),
    policy=Policy(
        see=BILLED | has_role(COORGANIZERS),
        list=staff,
        create=nobody,
        change=BILLED,
        remove=nobody,
    ),
    before_write=[
        in_the_currency_of_its_event("amount"),
        stay_with_the_billed,
        keep_to_the_profile,
        keep_the_identifier,
    ],
    after_write=[end_what_was_begun],
    constraint_errors={
        "uq_event_invoices_identifier": (
            "/data/attributes/identifier",
            "There is an invoice with this identifier.",
        )
    },
    order=["-issued_at"],
)
