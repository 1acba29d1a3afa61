"""Ticket fees: what the platform takes of each ticket sold, by currency and country."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model
from chalicelib.jsonapi.fields import Schema, fields, validate
from chalicelib.jsonapi.resource import Resource
from chalicelib.resources.attributes import money
from chalicelib.resources.money_rules import demand_digits
from chalicelib.resources.policies import STAFF_ONLY
from chalicelib.resources.value_fields import Country, Currency

if TYPE_CHECKING:
    from chalicelib.jsonapi.change import Change
    from chalicelib.jsonapi.context import Context


class TicketFee(Model):
    """A fee. The country "global" stands for all that have none of their own, and so does no currency."""

    __tablename__ = "ticket_fees"
    currency: Mapped[str | None]
    country: Mapped[str | None]
    service_fee: Mapped[Decimal | None] = mapped_column(Numeric)
    maximum_fee: Mapped[Decimal | None] = mapped_column(Numeric)

    __table_args__ = (
        # Two rows without a country, or without a currency, would be alike as well.
        Index(
            "uq_ticket_fees_currency",
            text("coalesce(currency, '')"),
            text("coalesce(country, '')"),
            unique=True,
        ),
    )


class TicketFeeSchema(Schema):
    currency = Currency(allow_none=True)
    country = Country(others=frozenset({"global"}))
    service_fee = fields.Decimal(allow_none=True, validate=validate.Range(0, 100))
    maximum_fee = money(allow_none=True)


def take_amounts_of_the_currency(_context: "Context", change: "Change") -> None:
    """The most that is taken has the digits of its currency."""
    demand_digits(change.row, ["maximum_fee"], change.row.currency)


TICKET_FEE = Resource(
    "ticket-fee",
    TicketFee,
    TicketFeeSchema,
    path="ticket-fees",
    policy=STAFF_ONLY,
    before_write=[take_amounts_of_the_currency],
    conflicts={
        "uq_ticket_fees_currency": (
            "/data/attributes/currency",
            "There is a fee for this currency and country.",
        )
    },
    order=["currency", "country"],
)
