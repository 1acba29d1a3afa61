"""Amounts of a basket as JSON, with the member names that clients know."""

from fractions import Fraction
from typing import Any, Final

from chalicelib.resources.orders.basket.amounts import Amounts, LineAmount, Tax, rounded

_PERCENT_DIGITS: Final = 2


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
    rates = [
        {"percent": float(rate.rate), "net": float(rate.net), "amount": float(rate.tax)}
        for rate in amounts.rates
    ]
    return {
        "included": tax.is_included,
        "amount": float(amounts.tax),
        "percent": float(tax.rate),
        "name": tax.name,
        **({"rates": rates} if rates else {}),
    }


def _line_as_json(line_amount: LineAmount, tax: Tax | None, digits: int) -> dict[str, Any]:
    line = line_amount.line
    tax = tax.on(line) if tax is not None else None
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
        "ticket_tax": float(rounded(tax.of(price), digits)) if tax else None,
        "discounted_tax": float(rounded(tax.of(reduced), digits)) if tax and reduced is not None else None,
    }


def _discount_as_json(line_amount: LineAmount, digits: int) -> dict[str, Any] | None:
    line = line_amount.line
    if line.discount is None:
        return None
    off = line.discount.off(line.price)
    discount: dict[str, Any] = {
        "code": line.discount.code,
        "percent": float(rounded(off * 100 / Fraction(line.price), _PERCENT_DIGITS)) if line.price else 0.0,
        "amount": float(rounded(off, digits)),
        "total": float(line_amount.discount),
        "type": line.discount.type,
    }
    if line.discounted < line.quantity:
        discount["warning"] = f"The code is good for {line.discounted} of these {line.quantity} tickets."
    return discount
