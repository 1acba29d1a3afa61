"""Price calculation of a basket: prices, discounts, fees and tax, exact to the smallest coin of its currency.

Calculated in fractions, and rounded once at the end. A coin is a cent in a currency with two decimals
(`digits`), and one unit in a currency without. Sub-total and total are the exact sums, rounded half up; the
lines are rounded so that they add up to the sub-total, and an added tax so that both add up to the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final

from chalicelib.values.currencies import USUAL_DIGITS

_NOTHING: Final = Fraction(0)
_HALF: Final = Fraction(1, 2)
_PERCENT_DIGITS: Final = 2


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
    """A quantity of one ticket; a matching `discount` applies to the first `discounted` of them."""

    ticket_id: int
    name: str
    price: Decimal
    quantity: int
    discounted: int = 0
    discount: Discount | None = None
    takes_fee: bool = False

    @property
    def gross(self) -> Fraction:
        """The exact price before discounts."""
        return Fraction(self.price) * self.quantity

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
    """Rounded amounts. `sub_total` is after discounts, fees included; `tax` is included or added."""

    lines: tuple[LineAmount, ...]
    sub_total: Decimal
    discount: Decimal
    tax: Decimal
    total: Decimal
    taxed_by: Tax | None
    digits: int


def amounts_of(
    lines: Sequence[Line], tax: Tax | None = None, fee: Fee | None = None, digits: int = USUAL_DIGITS
) -> Amounts:
    """The amounts of the lines. Their order does not matter. `digits` is the number of decimals of the
    currency.
    """
    fees = [fee.of(line.gross) if fee and line.takes_fee else _NOTHING for line in lines]
    saved = [line.saved for line in lines]
    costs = [line.gross - less + more for line, less, more in zip(lines, saved, fees, strict=True)]
    exact = sum(costs, _NOTHING)
    sub_total = total = _coins(exact, digits)
    taxes = _decimal(0, digits)
    if tax is not None and tax.is_included:
        taxes = _coins(tax.of(exact), digits)
    elif tax is not None:
        total = _coins(exact + tax.of(exact), digits)
        taxes = total - sub_total
    ids = [line.ticket_id for line in lines]
    discount = _coins(sum(saved, _NOTHING), digits)
    shown = zip(
        lines,
        _shared(costs, sub_total, ids, digits),
        _shared(saved, discount, ids, digits),
        [_coins(fee, digits) for fee in fees],
        strict=True,
    )
    return Amounts(
        tuple(LineAmount(*amounts_of_line) for amounts_of_line in shown),
        sub_total,
        discount,
        taxes,
        total,
        tax,
        digits,
    )


def as_json(amounts: Amounts) -> dict[str, Any]:
    """The answer of calculate-amount, with the member names that clients know."""
    return {
        "total": float(amounts.total),
        "sub_total": float(amounts.sub_total),
        "discount": float(amounts.discount),
        "tax": tax_as_json(amounts),
        "tickets": [_line_as_json(line, amounts.taxed_by, amounts.digits) for line in amounts.lines],
    }


def tax_as_json(amounts: Amounts) -> dict[str, Any] | None:
    """The tax as shown to clients and stored with orders; None without one."""
    tax = amounts.taxed_by
    if tax is None:
        return None
    return {
        "included": tax.is_included,
        "amount": float(amounts.tax),
        "percent": float(tax.rate),
        "name": tax.name,
    }


def _line_as_json(line_amount: LineAmount, tax: Tax | None, digits: int) -> dict[str, Any]:
    line = line_amount.line
    price = Fraction(line.price)
    reduced = price - line.discount.off(line.price) if line.discount and line.discounted else None
    return {
        "id": line.ticket_id,
        "name": line.name,
        "price": float(line.price),
        "quantity": line.quantity,
        "discount": _discount_as_json(line_amount, digits),
        "ticket_fee": float(line_amount.fee),
        "sub_total": float(line_amount.sub_total),
        "ticket_tax": float(_coins(tax.of(price), digits)) if tax else None,
        "discounted_tax": float(_coins(tax.of(reduced), digits)) if tax and reduced is not None else None,
    }


def _discount_as_json(line_amount: LineAmount, digits: int) -> dict[str, Any] | None:
    line = line_amount.line
    if line.discount is None:
        return None
    off = line.discount.off(line.price)
    discount: dict[str, Any] = {
        "code": line.discount.code,
        "percent": float(_coins(off * 100 / Fraction(line.price), _PERCENT_DIGITS)) if line.price else 0.0,
        "amount": float(_coins(off, digits)),
        "total": float(line_amount.discount),
        "type": line.discount.type,
    }
    if line.discounted < line.quantity:
        discount["warning"] = f"The code is good for {line.discounted} of these {line.quantity} tickets."
    return discount


def _shared(exact: Sequence[Fraction], whole: Decimal, ids: Sequence[int], digits: int) -> list[Decimal]:
    """Round the parts so that they add up to the whole (largest remainder method)."""
    scale = 10**digits
    coins = [floor(part * scale) for part in exact]
    over = int(whole * scale) - sum(coins)
    by_remainder = sorted(range(len(exact)), key=lambda n: (coins[n] - exact[n] * scale, ids[n]))
    for number in by_remainder[:over]:
        coins[number] += 1
    return [_decimal(part, digits) for part in coins]


def _coins(amount: Fraction, digits: int) -> Decimal:
    """The amount rounded half up to so many decimals."""
    return _decimal(floor(amount * 10**digits + _HALF), digits)


def _decimal(coins: int, digits: int) -> Decimal:
    return Decimal(coins).scaleb(-digits)
