"""The tax in a credit note: the part of the invoice's that belongs to what is credited, at each rate.

The last credit note of an invoice takes what is left of each rate, so that taxes add up to the invoice's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from chalicelib.resources.orders.payment.invoice import Invoice
from chalicelib.resources.orders.payment.shares import shared
from chalicelib.values.currencies import with_decimals
from chalicelib.values.money import from_minor, to_minor


@dataclass(frozen=True, slots=True)
class Credit:
    """What is credited of an invoice, for these attendees. `former` is what its other credit notes say,
    `costs` what their tickets cost with tax, by its rate in percent.
    """

    invoice: Invoice
    total: Decimal
    former: Sequence[Mapping[str, Any]] = ()
    attendee_ids: Sequence[int] = ()
    costs: Mapping[Decimal, Fraction] = field(default_factory=dict)
    reason: str = ""

    @property
    def is_last(self) -> bool:
        """Whether nothing of the invoice is left afterwards."""
        before = sum((Decimal(said["total"]) for said in self.former), Decimal(0))
        return before + self.total == Decimal(self.invoice.content["total"])

    @property
    def is_whole(self) -> bool:
        """Whether the invoice is credited at once."""
        return self.is_last and not self.former


@dataclass(frozen=True, slots=True)
class _Rate:
    """One rate of an invoice, in minor units, with tax, and the tax in it: in all, and what is left of it."""

    percent: str
    whole: int
    whole_tax: int
    gross: int
    tax: int


def credited_tax(said: Mapping[str, Any], credit: Credit) -> dict[str, Any] | None:
    """The tax of the credit note in the form of the invoice's."""
    tax, currency = said["tax"], said["currency"]
    if not tax:
        return None
    if not tax.get("rates") or tax.get("reverse_charge"):
        return {**tax, "amount": with_decimals(_one_rate(said, credit), currency)}
    left = _left(said, credit.former)
    parts = _parts(left, credit)
    rates = [
        {
            "percent": rate.percent,
            "net": _text(part - taxed, currency),
            "amount": _text(taxed, currency),
        }
        for rate, part, taxed in (
            (rate, part, _tax_in(rate, part)) for rate, part in zip(left, parts, strict=True)
        )
        if part
    ]
    amount = sum((Decimal(rate["amount"]) for rate in rates), Decimal(0))
    return {**tax, "rates": rates, "amount": with_decimals(amount, currency)}


def _one_rate(said: Mapping[str, Any], credit: Credit) -> Decimal:
    currency = said["currency"]
    whole, tax = (to_minor(Decimal(text), currency) for text in (said["total"], said["tax"]["amount"]))
    before, noted = (
        sum(to_minor(Decimal(text), currency) for text in texts)
        for texts in (
            [former["total"] for former in credit.former],
            [former["tax"]["amount"] for former in credit.former],
        )
    )
    rate = _Rate("", whole, tax, whole - before, tax - noted)
    return from_minor(_tax_in(rate, to_minor(credit.total, currency)), currency)


def _left(said: Mapping[str, Any], former: Sequence[Mapping[str, Any]]) -> list[_Rate]:
    currency = said["currency"]

    def minor(content: Mapping[str, Any], percent: str, name: str) -> int:
        return sum(
            to_minor(Decimal(rate[name]), currency)
            for rate in content["tax"]["rates"]
            if rate["percent"] == percent
        )

    left = []
    for rate in said["tax"]["rates"]:
        percent = rate["percent"]
        net, tax = (minor(said, percent, name) for name in ("net", "amount"))
        before, noted = (
            sum(minor(content, percent, name) for content in former) for name in ("net", "amount")
        )
        left.append(_Rate(percent, net + tax, tax, net + tax - before - noted, tax - noted))
    return left


def _parts(left: Sequence[_Rate], credit: Credit) -> list[int]:
    """How much of the total is credited at each rate: by what tickets cost, and never more than is left."""
    total = to_minor(credit.total, credit.invoice.content["currency"])
    rest = [rate.gross for rate in left]
    weights = {
        number: credit.costs.get(Decimal(rate.percent), Fraction(0)) for number, rate in enumerate(left)
    }
    if credit.is_last or not any(weights.values()):
        weights = {number: Fraction(rate.gross) for number, rate in enumerate(left)}
    parts = shared(total, weights)
    over = 0
    for number, part in parts.items():
        parts[number] = min(part, rest[number])
        over += part - parts[number]
    for number in parts:
        more = min(over, rest[number] - parts[number])
        parts[number], over = parts[number] + more, over - more
    return [parts[number] for number in range(len(left))]


def _tax_in(rate: _Rate, part: int) -> int:
    """The tax in so much of what is left of a rate: what is credited by then has its part of the whole, so
    what is lost by rounding is made up for by the next credit note, and nothing adds up for the last.
    """
    if part == rate.gross:
        return rate.tax
    by_then = Fraction(rate.whole_tax * (rate.whole - rate.gross + part), rate.whole or 1)
    due = floor(by_then + Fraction(1, 2)) - (rate.whole_tax - rate.tax)
    return min(max(due, 0), rate.tax, part)


def _text(minor: int, currency: str) -> str:
    return with_decimals(from_minor(minor, currency), currency)
