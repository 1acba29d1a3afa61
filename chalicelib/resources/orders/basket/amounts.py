"""Price calculation of a basket: prices, discounts, fees and tax, exact to the smallest coin of its currency.

Calculated in fractions, and rounded once at the end. A coin is a cent in a currency with two decimals
(`digits`), and one unit in a currency without. Sub-total and total are the exact sums, rounded half up; the
lines are rounded so that they add up to the sub-total, and an added tax so that both add up to the total.
Where lines have several tax rates, each rate's tax is rounded, as an invoice shows them, and adds up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

from chalicelib.values.currencies import USUAL_DIGITS

_NOTHING: Final = Fraction(0)
_HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Discount:
    """The discount of a code per ticket: `value` percent, or the amount `value`, at most the price."""

    code: str
    type: str
    value: Decimal

    def off(self, price: Decimal) -> Fraction:
        """The exact discount on this price."""
        whole, value = Fraction(price), Fraction(self.value)
        return min(whole * value / 100 if self.type == "percent" else value, whole)


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity of one ticket; a matching `discount` applies to the first `discounted` of them.

    `tax_rate` in percent is the ticket's own, where it is not that of the tax.
    """

    ticket_id: int
    name: str
    price: Decimal
    quantity: int
    discounted: int = 0
    discount: Discount | None = None
    takes_fee: bool = False
    tax_rate: Decimal | None = None

    @property
    def gross(self) -> Fraction:
        """The exact price before discounts."""
        return Fraction(self.price) * self.quantity

    @property
    def off(self) -> Decimal:
        """What the discount takes off each to which it applies."""
        off = self.discount.off(self.price) if self.discount else _NOTHING
        return Decimal(off.numerator) / off.denominator

    @property
    def saved(self) -> Fraction:
        """The exact discount."""
        return self.discount.off(self.price) * self.discounted if self.discount else _NOTHING


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax; `rate` is in percent."""

    name: str
    rate: Decimal
    is_included: bool

    def of(self, amount: Fraction) -> Fraction:
        """The exact tax included in this amount, or added to it."""
        rate = Fraction(self.rate) / 100
        return amount - amount / (1 + rate) if self.is_included else amount * rate

    def on(self, line: Line) -> "Tax":
        """The tax with the rate of this line."""
        return self if line.tax_rate is None else replace(self, rate=line.tax_rate)


@dataclass(frozen=True, slots=True)
class RateAmount:
    """What is taxed at one rate: the net amount, and the tax on it."""

    rate: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Fee:
    """The platform's fee per line: `percent` of its price before discounts, `maximum` (None: no limit) at
    most.
    """

    percent: Decimal
    maximum: Decimal | None

    def of(self, amount: Fraction) -> Fraction:
        """The exact fee on a line with this price before discounts."""
        part = amount * Fraction(self.percent) / 100
        return part if self.maximum is None else min(part, Fraction(self.maximum))


@dataclass(frozen=True, slots=True)
class LineAmount:
    """A line rounded to coins: its sub-total, discount and fee."""

    line: Line
    sub_total: Decimal
    discount: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Amounts:
    """Rounded amounts. `sub_total` is after discounts, fees included; `tax` is included or added. `rates` are
    those of the lines where there are several.
    """

    lines: tuple[LineAmount, ...]
    sub_total: Decimal
    discount: Decimal
    tax: Decimal
    total: Decimal
    taxed_by: Tax | None
    digits: int
    rates: tuple[RateAmount, ...] = ()


def amounts_of(
    lines: Sequence[Line], tax: Tax | None = None, fee: Fee | None = None, digits: int = USUAL_DIGITS
) -> Amounts:
    """The amounts of the lines. Their order does not matter. `digits` is the number of decimals of the
    currency.
    """
    fees = [fee.of(line.gross) if fee and line.takes_fee else _NOTHING for line in lines]
    saved = [line.saved for line in lines]
    costs = [line.gross - less + more for line, less, more in zip(lines, saved, fees, strict=True)]
    sub_total = rounded(sum(costs, _NOTHING), digits)
    ids = [line.ticket_id for line in lines]
    discount = rounded(sum(saved, _NOTHING), digits)
    sub_totals = _shared(costs, sub_total, ids, digits)
    shown = zip(
        lines,
        sub_totals,
        _shared(saved, discount, ids, digits),
        [rounded(fee, digits) for fee in fees],
        strict=True,
    )
    told = tuple(LineAmount(*amounts_of_line) for amounts_of_line in shown)
    nothing = _decimal(0, digits)
    if tax is None:
        return Amounts(told, sub_total, discount, nothing, sub_total, None, digits)
    several = {tax.on(line).rate for line, cost in zip(lines, costs, strict=True) if cost}
    if len(several) > 1:
        rates = tuple(_at_rate(told, tax, rate, digits) for rate in sorted(several))
        taxes = sum((rate.tax for rate in rates), nothing)
        total = sub_total if tax.is_included else sub_total + taxes
        return Amounts(told, sub_total, discount, taxes, total, tax, digits, rates)
    one = replace(tax, rate=min(several, default=tax.rate))
    exact = sum(costs, _NOTHING)
    total = sub_total if one.is_included else rounded(exact + one.of(exact), digits)
    taxes = rounded(one.of(exact), digits) if one.is_included else total - sub_total
    return Amounts(told, sub_total, discount, taxes, total, one, digits)


def _at_rate(lines: Sequence[LineAmount], tax: Tax, rate: Decimal, digits: int) -> RateAmount:
    """What the lines with this rate are taxed."""
    taxed = [line.sub_total for line in lines if tax.on(line.line).rate == rate]
    basis = sum(taxed, _decimal(0, digits))
    amount = rounded(replace(tax, rate=rate).of(Fraction(basis)), digits)
    return RateAmount(rate, basis - amount if tax.is_included else basis, amount)


def _shared(exact: Sequence[Fraction], whole: Decimal, ids: Sequence[int], digits: int) -> list[Decimal]:
    """Round the parts so that they add up to the whole (largest remainder method)."""
    scale = 10**digits
    coins = [floor(part * scale) for part in exact]
    over = int(whole * scale) - sum(coins)
    by_remainder = sorted(range(len(exact)), key=lambda n: (coins[n] - exact[n] * scale, ids[n]))
    for number in by_remainder[:over]:
        coins[number] += 1
    return [_decimal(part, digits) for part in coins]


def rounded(amount: Fraction, digits: int) -> Decimal:
    """The amount rounded half up to so many decimals."""
    return _decimal(floor(amount * 10**digits + _HALF), digits)


def _decimal(coins: int, digits: int) -> Decimal:
    return Decimal(coins).scaleb(-digits)
