"""What a basket costs: prices, discounts, fees and tax, exact to the cent.

Nothing is rounded before the end: between the prices and the cents there are fractions. The sub-total and
the total are the exact sums, rounded half up; what is shown of each line is rounded so that the lines add
up to the sub-total, and a tax that is added so that both add up to the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final

_NOTHING: Final = Fraction(0)
_HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Discount:
    """What a code takes off one ticket: `value` percent, or `value` itself as far as the price goes."""

    code: str
    type: str
    value: Decimal

    def off(self, price: Decimal) -> Fraction:
        """The exact discount on this price, which it never exceeds."""
        whole, value = Fraction(price), Fraction(self.value)
        return min(whole * value / 100 if self.type == "percent" else value, whole)


@dataclass(frozen=True, slots=True)
class Line:
    """So many of one ticket; a `discount` that fits it lasts for as many as are `discounted`."""

    ticket_id: int
    name: str
    price: Decimal
    quantity: int
    discounted: int = 0
    discount: Discount | None = None
    takes_fee: bool = False

    @property
    def gross(self) -> Fraction:
        """The full price of all."""
        return Fraction(self.price) * self.quantity

    @property
    def saved(self) -> Fraction:
        """All that the discount takes off."""
        return self.discount.off(self.price) * self.discounted if self.discount else _NOTHING


@dataclass(frozen=True, slots=True)
class Tax:
    """`rate` is in percent."""

    name: str
    rate: Decimal
    is_included: bool

    def of(self, amount: Fraction) -> Fraction:
        """The exact tax that is in this amount, or on it."""
        rate = Fraction(self.rate) / 100
        return amount - amount / (1 + rate) if self.is_included else amount * rate


@dataclass(frozen=True, slots=True)
class Fee:
    """The platform's part of each line: `percent` of its full price, `maximum` (null: no limit) at most."""

    percent: Decimal
    maximum: Decimal | None

    def of(self, amount: Fraction) -> Fraction:
        """The exact fee on a line that costs this much before discounts."""
        part = amount * Fraction(self.percent) / 100
        return part if self.maximum is None else min(part, Fraction(self.maximum))


@dataclass(frozen=True, slots=True)
class LineAmount:
    """A line in cents: what it comes to, what was saved, and the fee in it."""

    line: Line
    sub_total: Decimal
    discount: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Amounts:
    """All in cents. `sub_total` is after discounts and with fees; `tax` is in or on top of it."""

    lines: tuple[LineAmount, ...]
    sub_total: Decimal
    discount: Decimal
    tax: Decimal
    total: Decimal
    taxed_by: Tax | None


def amounts_of(lines: Sequence[Line], tax: Tax | None = None, fee: Fee | None = None) -> Amounts:
    """What the lines cost together. Their order does not matter."""
    fees = [fee.of(line.gross) if fee and line.takes_fee else _NOTHING for line in lines]
    saved = [line.saved for line in lines]
    costs = [line.gross - less + more for line, less, more in zip(lines, saved, fees, strict=True)]
    exact = sum(costs, _NOTHING)
    sub_total = total = _cents(exact)
    taxes = Decimal("0.00")
    if tax is not None and tax.is_included:
        taxes = _cents(tax.of(exact))
    elif tax is not None:
        total = _cents(exact + tax.of(exact))
        taxes = total - sub_total
    ids = [line.ticket_id for line in lines]
    discount = _cents(sum(saved, _NOTHING))
    shown = zip(
        lines, _shared(costs, sub_total, ids), _shared(saved, discount, ids), map(_cents, fees), strict=True
    )
    return Amounts(tuple(LineAmount(*one) for one in shown), sub_total, discount, taxes, total, tax)


def as_json(amounts: Amounts) -> dict[str, Any]:
    """The answer of calculate-amount, under the names that clients know."""
    return {
        "total": float(amounts.total),
        "sub_total": float(amounts.sub_total),
        "discount": float(amounts.discount),
        "tax": tax_as_json(amounts),
        "tickets": [_line_as_json(one, amounts.taxed_by) for one in amounts.lines],
    }


def tax_as_json(amounts: Amounts) -> dict[str, Any] | None:
    """The tax in or on the total, as clients are told of it and orders keep it; None without one."""
    tax = amounts.taxed_by
    if tax is None:
        return None
    return {
        "included": tax.is_included,
        "amount": float(amounts.tax),
        "percent": float(tax.rate),
        "name": tax.name,
    }


def _line_as_json(one: LineAmount, tax: Tax | None) -> dict[str, Any]:
    line = one.line
    price = Fraction(line.price)
    reduced = price - line.discount.off(line.price) if line.discount and line.discounted else None
    return {
        "id": line.ticket_id,
        "name": line.name,
        "price": float(line.price),
        "quantity": line.quantity,
        "discount": _discount_as_json(one),
        "ticket_fee": float(one.fee),
        "sub_total": float(one.sub_total),
        "ticket_tax": float(_cents(tax.of(price))) if tax else None,
        "discounted_tax": float(_cents(tax.of(reduced))) if tax and reduced is not None else None,
    }


def _discount_as_json(one: LineAmount) -> dict[str, Any] | None:
    line = one.line
    if line.discount is None:
        return None
    off = line.discount.off(line.price)
    told: dict[str, Any] = {
        "code": line.discount.code,
        "percent": float(_cents(off * 100 / Fraction(line.price))) if line.price else 0.0,
        "amount": float(_cents(off)),
        "total": float(one.discount),
        "type": line.discount.type,
    }
    if line.discounted < line.quantity:
        told["warning"] = f"The code is good for {line.discounted} of these {line.quantity} tickets."
    return told


def _shared(exact: Sequence[Fraction], whole: Decimal, ids: Sequence[int]) -> list[Decimal]:
    """Cents for each part that add up to the whole: the cents left over go to the largest remainders."""
    cents = [floor(part * 100) for part in exact]
    over = int(whole * 100) - sum(cents)
    by_remainder = sorted(range(len(exact)), key=lambda n: (cents[n] - exact[n] * 100, ids[n]))
    for number in by_remainder[:over]:
        cents[number] += 1
    return [_decimal(part) for part in cents]


def _cents(amount: Fraction) -> Decimal:
    """The amount with two digits after the point, rounded half up."""
    return _decimal(floor(amount * 100 + _HALF))


def _decimal(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
