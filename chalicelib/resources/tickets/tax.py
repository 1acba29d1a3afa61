"""Taxes on an event's tickets, and the issuer's data on its invoices."""

from decimal import Decimal

from sqlalchemy.orm import Mapped

from chalicelib.auth.roles import COORGANIZERS
from chalicelib.db import Model, SoftDeleted, owned_by
from chalicelib.jsonapi.ground.errors import Problem, conflict, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import ToOne, attr, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.jsonapi.model.texts import LONGEST_ANSWER
from chalicelib.resources.attributes import NullsAreAbsent, Trashable
from chalicelib.resources.columns import FalseByDefault, FalseInDatabase
from chalicelib.resources.events.event.event import Event
from chalicelib.resources.events.one_per_event import has_another, one_living_row
from chalicelib.resources.policies import has_role, organizers_write
from chalicelib.resources.value_fields import Country, EmailAddress
from chalicelib.values import tax_ids

_TAKEN = ("/data/relationships/event", "The event has a tax already.")
_TEAM = has_role(COORGANIZERS)
_NEEDED = {"is_reverse_charge_enabled", "country", "tax_id", "event_id"}


class Tax(SoftDeleted, Model):
    __tablename__ = "taxes"
    name: Mapped[str] = attr(allow_null=True, default="")
    rate: Mapped[Decimal] = attr(fields.Decimal, allow_null=True, minimum=0, maximum=100, default=0)
    is_tax_included_in_price: Mapped[FalseByDefault] = attr()
    # Whether businesses of other EU countries account for it themselves.
    is_reverse_charge_enabled: Mapped[FalseInDatabase] = attr()
    country: Mapped[str | None] = attr(Country, seen_by=_TEAM)
    tax_id: Mapped[str] = attr(allow_null=True, seen_by=_TEAM, default="")
    should_send_invoice: Mapped[FalseByDefault] = attr(seen_by=_TEAM)
    is_invoice_sent: Mapped[FalseByDefault] = attr(seen_by=_TEAM)
    registered_company: Mapped[str | None] = attr(seen_by=_TEAM)
    contact_name: Mapped[str | None] = attr(seen_by=_TEAM)
    phone: Mapped[str | None] = attr(seen_by=_TEAM)
    email: Mapped[str | None] = attr(EmailAddress, seen_by=_TEAM)
    address: Mapped[str | None] = attr(seen_by=_TEAM)
    city: Mapped[str | None] = attr(seen_by=_TEAM)
    state: Mapped[str | None] = attr(seen_by=_TEAM)
    zip: Mapped[str | None] = attr(seen_by=_TEAM)
    invoice_footer: Mapped[str | None] = attr(max_length=LONGEST_ANSWER, seen_by=_TEAM)
    event_id: Mapped[int] = owned_by("events.id")

    __table_args__ = (one_living_row("taxes"),)


class TaxSchema(NullsAreAbsent, Trashable):
    event = ToOne("event", inverse="tax", inverse_many=False, inverse_or_404=True, required=True)


def take_null_for_nothing(_context: Context, change: Change) -> None:
    """Clients send null for an empty name or number, and for a rate of 0."""
    row = change.row
    for name, nothing in (("name", ""), ("tax_id", ""), ("rate", 0)):
        if getattr(row, name) is None:
            setattr(row, name, nothing)


def only_where_enabled(context: Context, change: Change) -> None:
    """Refuse a tax for an event with taxes disabled."""
    if not change.is_new and "event_id" not in change.before:
        return
    event = context.session.get(Event, change.row.event_id)
    if event is not None and not event.is_tax_enabled:
        raise Problem(
            405,
            "Taxes are not enabled for this event.",
            pointer="/data/relationships/event",
            headers={"Allow": "GET, HEAD, OPTIONS"},
        )


def one_for_each_event(context: Context, change: Change) -> None:
    """An event has one tax."""
    matters = change.is_new or change.restores or "event_id" in change.before
    if matters and has_another(context.session, change.row):
        pointer, sentence = _TAKEN
        raise conflict(sentence, pointer)


def reverse_charge_with_a_vat_id(context: Context, change: Change) -> None:
    """Invoices without VAT have the VAT identification number of the seller: one of their EU country."""
    row = change.row
    if not row.is_reverse_charge_enabled or not (change.is_new or _NEEDED & change.before.keys()):
        return
    event = context.session.get(Event, row.event_id)
    country = row.country or (event.payment_country if event is not None else None)
    if country not in tax_ids.EU:
        raise invalid("Reverse charge is for sellers in the EU.", "/data/attributes/country")
    if tax_ids.country_of(tax_ids.stored_form(row.tax_id or "")) != country:
        detail = f"Reverse charge needs your VAT identification number of {country}."
        raise invalid(detail, "/data/attributes/tax-id")


TAX = Resource(
    "tax",
    Tax,
    TaxSchema,
    path="taxes",
    aliases=["tax"],
    policy=organizers_write(),
    before_write=[
        take_null_for_nothing,
        only_where_enabled,
        one_for_each_event,
        reverse_charge_with_a_vat_id,
    ],
    constraint_errors={"uq_taxes_event": _TAKEN},
    shared=True,
)
