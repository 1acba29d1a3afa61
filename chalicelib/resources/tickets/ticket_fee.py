"""Ticket fees: what the platform takes of each ticket sold, by currency and country."""

from decimal import Decimal
from typing import Final

from sqlalchemy import Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.db import Model
from chalicelib.jsonapi.fields import Schema, fields, validate
from chalicelib.jsonapi.resource import Resource
from chalicelib.jsonapi.texts import LONGEST_LINE
from chalicelib.resources.attributes import money
from chalicelib.resources.policies import STAFF_ONLY

CURRENCIES: Final = (
    "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "INR", "JPY",
    "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RUB", "SEK", "SGD", "THB", "TWD", "USD",
)  # fmt: skip


class TicketFee(Model):
    """A fee. The country "global" stands for every country that has none of its own."""

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
    currency = fields.Str(allow_none=True, validate=validate.OneOf(CURRENCIES))
    country = fields.Str(longest=LONGEST_LINE)
    service_fee = fields.Decimal(allow_none=True, validate=validate.Range(0, 100))
    maximum_fee = money(allow_none=True)


TICKET_FEE = Resource(
    "ticket-fee",
    TicketFee,
    TicketFeeSchema,
    path="ticket-fees",
    policy=STAFF_ONLY,
    conflicts={
        "uq_ticket_fees_currency": (
            "/data/attributes/currency",
            "There is a fee for this currency and country.",
        )
    },
    order=["currency", "country"],
)
