"""Ticket fees: the platform's charge per ticket sold, by currency and country."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Final

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, Session

from chalicelib import db
from chalicelib.db import Model
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.fields import Schema, attr, fields
from chalicelib.jsonapi.model.resource import Resource
from chalicelib.resources.attributes import money
from chalicelib.resources.money_rules import demand_digits
from chalicelib.resources.policies import STAFF_ONLY
from chalicelib.resources.tickets.fee_rule import fee_for
from chalicelib.resources.value_fields import Country, Currency
from chalicelib.values.currencies import digits_of
from chalicelib.values.money import share_of

_COUNTRY = partial(Country, others=frozenset({"global"}))


_FEE: Final = fee_for("$1", "$2")


@dataclass(frozen=True, slots=True)
class Fee:
    """What the platform takes of an amount: `percent` of it, and `maximum` in units at most; `minor` is the
    result in minor units.
    """

    percent: Decimal
    maximum: Decimal | None
    minor: int


def fee_on(session: Session, minor: int, currency: str, country: str | None) -> Fee | None:
    """The fee on an amount in minor units of the currency; None where no fee is known."""
    for percent, maximum in db.fetch(session, _FEE, [currency, country]):
        fee = share_of(minor, percent)
        if maximum is not None:
            # A fee for all currencies may have more decimals than this one.
            most = maximum.scaleb(digits_of(currency)).quantize(Decimal(1), ROUND_HALF_UP)
            fee = min(fee, int(most))
        return Fee(percent, maximum, fee)
    return None


class TicketFee(Model):
    """A fee. The country "global" is the fallback for countries without a fee, and null for currencies."""

    __tablename__ = "ticket_fees"
    currency: Mapped[str | None] = attr(Currency)
    country: Mapped[str | None] = attr(_COUNTRY, allow_null=False)
    service_fee: Mapped[Decimal | None] = attr(fields.Decimal, minimum=0, maximum=100)
    maximum_fee: Mapped[Decimal | None] = attr(money)

    __table_args__ = (
        # NULLS NOT DISTINCT: two rows without country or currency are duplicates as well.
        Index(
            "uq_ticket_fees_currency",
            text("coalesce(currency, '')"),
            text("coalesce(country, '')"),
            unique=True,
        ),
    )


class TicketFeeSchema(Schema):
    """No attributes beyond the columns."""


def take_amounts_of_the_currency(_context: Context, change: Change) -> None:
    """The maximum fee has the decimals of its currency."""
    demand_digits(change.row, ["maximum_fee"], change.row.currency)


TICKET_FEE = Resource(
    "ticket-fee",
    TicketFee,
    TicketFeeSchema,
    path="ticket-fees",
    policy=STAFF_ONLY,
    before_write=[take_amounts_of_the_currency],
    constraint_errors={
        "uq_ticket_fees_currency": (
            "/data/attributes/currency",
            "There is a fee for this currency and country.",
        )
    },
    order=["currency", "country"],
)
