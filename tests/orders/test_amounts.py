"""What baskets cost: whatever is in them, to the cent, by sums that are worked out here once more."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.resources.orders.basket.amounts import (
    Amounts,
    Discount,
    Fee,
    Line,
    Tax,
    amounts_of,
)
from chalicelib.resources.orders.basket.amounts_json import as_json

CENT = Decimal("0.01")
CENTS = 2  # digits after the point
many = settings(max_examples=300, derandomize=True, deadline=None, database=None)


def _amount(most: int) -> st.SearchStrategy[Decimal]:
    """Whole cents, small ones and large ones, and ones that are hard to divide."""
    cents = st.one_of(
        st.integers(0, 1000), st.integers(0, most * 100), st.sampled_from([1, 33, 99, 100, 333])
    )
    return cents.map(lambda number: Decimal(number).scaleb(-2))


_percents = st.one_of(
    st.integers(0, 100).map(Decimal),
    st.sampled_from(
        [Decimal(text) for text in ("0.5", "7.7", "12.5", "33.333333333333333333333333", "99.999")]
    ),
)
_discounts = st.one_of(
    st.builds(Discount, st.just("SPRING"), st.just("percent"), _percents),
    st.builds(Discount, st.just("SPRING"), st.just("amount"), _amount(1000)),
)
_fees = st.none() | st.builds(Fee, _percents, st.none() | _amount(100))
_taxes = st.none() | st.builds(Tax, st.just("VAT"), _percents, st.booleans())


# Made once: Hypothesis looks through each new strategy before it draws from it.
_codes = st.none() | _discounts
_tickets = st.lists(st.integers(1, 50), min_size=1, max_size=8, unique=True)
_quantities = st.integers(1, 30) | st.just(1000)
_either = st.booleans()
_prices = _amount(10**9)


@st.composite
def _baskets(draw: Any) -> list[Line]:
    discount = draw(_codes)
    lines = []
    for ticket_id in draw(_tickets):
        quantity = draw(_quantities)
        fits = discount is not None and draw(_either)
        lines.append(
            Line(
                ticket_id=ticket_id,
                name=f"Ticket {ticket_id}",
                price=draw(_prices),
                quantity=quantity,
                discounted=draw(st.integers(0, quantity)) if fits else 0,
                discount=discount if fits else None,
                takes_fee=draw(_either),
            )
        )
    return lines


def _given(check: Callable[[list[Line], Tax | None, Fee | None], None]) -> Callable[[], None]:
    return many(given(_baskets(), _taxes, _fees)(check))


def _half_up(amount: Fraction) -> int:
    """Cents, rounded as one does by hand: a half goes up."""
    hundredths = amount * 100
    whole, rest = divmod(hundredths.numerator, hundredths.denominator)
    return whole + (2 * rest >= hundredths.denominator)


def _in_cents(amount: Decimal) -> int:
    assert amount == amount.quantize(CENT)
    return int(amount * 100)


def _by_hand(lines: list[Line], tax: Tax | None, fee: Fee | None) -> dict[str, int]:
    """The sums of the rules, one place after the other, as fractions; the results in cents."""
    whole = saved = fees = Fraction(0)
    for line in lines:
        price = Fraction(str(line.price))
        for place in range(line.quantity):
            whole += price
            if line.discount is not None and place < line.discounted:
                value = Fraction(str(line.discount.value))
                saved += price * value / 100 if line.discount.type == "percent" else min(value, price)
        if fee is not None and line.takes_fee:
            part = price * line.quantity * Fraction(str(fee.percent)) / 100
            fees += part if fee.maximum is None or part < fee.maximum else Fraction(str(fee.maximum))
    exact = whole - saved + fees
    sub_total = total = _half_up(exact)
    taxes = 0
    if tax is not None:
        factor = 1 + Fraction(str(tax.rate)) / 100
        if tax.is_included:
            taxes = _half_up(exact - exact / factor)
        else:
            total = _half_up(exact * factor)
            taxes = total - sub_total
    return {"sub_total": sub_total, "discount": _half_up(saved), "tax": taxes, "total": total}


@_given
def test_it_costs_what_the_rules_say(lines: list[Line], tax: Tax | None, fee: Fee | None) -> None:
    found = amounts_of(lines, tax, fee)
    told = {name: _in_cents(getattr(found, name)) for name in ("sub_total", "discount", "tax", "total")}
    assert told == _by_hand(lines, tax, fee)


@_given
def test_other_currencies_are_alike_but_for_where_the_point_is(
    lines: list[Line], tax: Tax | None, fee: Fee | None
) -> None:
    found = amounts_of(lines, tax, fee)
    for digits in (0, 3):
        shift = CENTS - digits
        moved = [
            replace(
                line,
                price=line.price.scaleb(shift),
                discount=replace(line.discount, value=line.discount.value.scaleb(shift))
                if line.discount and line.discount.type == "amount"
                else line.discount,
            )
            for line in lines
        ]
        most = fee.maximum.scaleb(shift) if fee and fee.maximum is not None else None
        other = amounts_of(moved, tax, fee and replace(fee, maximum=most), digits)
        for name in ("sub_total", "discount", "tax", "total"):
            assert getattr(other, name) == getattr(found, name).scaleb(shift)
            assert -getattr(other, name).as_tuple().exponent == digits
        for value, same in zip(other.lines, found.lines, strict=True):
            assert (value.sub_total, value.discount, value.fee) == tuple(
                amount.scaleb(shift) for amount in (same.sub_total, same.discount, same.fee)
            )


@_given
def test_the_parts_add_up(lines: list[Line], tax: Tax | None, fee: Fee | None) -> None:
    found = amounts_of(lines, tax, fee)
    assert sum(line.sub_total for line in found.lines) == found.sub_total
    assert sum(line.discount for line in found.lines) == found.discount
    is_added = tax is not None and not tax.is_included
    assert found.total == found.sub_total + (found.tax if is_added else 0)


@_given
def test_every_line_is_its_exact_amount_but_for_a_part_of_a_cent(
    lines: list[Line], tax: Tax | None, fee: Fee | None
) -> None:
    for line in amounts_of(lines, tax, fee).lines:
        alone = amounts_of([line.line], tax, fee)
        assert abs(line.sub_total - alone.sub_total) <= CENT
        assert abs(line.discount - alone.discount) <= CENT
        assert line.fee == alone.lines[0].fee


@_given
def test_all_of_it_is_in_cents_and_nothing_is_negative(
    lines: list[Line], tax: Tax | None, fee: Fee | None
) -> None:
    found = amounts_of(lines, tax, fee)
    amounts = [found.sub_total, found.discount, found.tax, found.total]
    amounts += [amount for line in found.lines for amount in (line.sub_total, line.discount, line.fee)]
    assert all(amount >= 0 and _in_cents(amount) >= 0 for amount in amounts)


@_given
def test_the_order_of_the_lines_does_not_matter(lines: list[Line], tax: Tax | None, fee: Fee | None) -> None:
    found = amounts_of(lines, tax, fee)
    for mixed in (lines[::-1], sorted(lines, key=lambda attendee: attendee.ticket_id), lines[1:] + lines[:1]):
        again = amounts_of(mixed, tax, fee)
        assert replace(again, lines=()) == replace(found, lines=())
        assert sorted(again.lines, key=_ticket) == sorted(found.lines, key=_ticket)


def _ticket(one: Any) -> int:
    return int(one.line.ticket_id)


@_given
def test_a_discount_is_the_price_at_most(lines: list[Line], tax: Tax | None, fee: Fee | None) -> None:
    for line in amounts_of(lines, tax, fee).lines:
        assert line.discount <= line.line.price * line.line.discounted
        if line.line.discount is not None:
            assert 0 <= line.line.discount.off(line.line.price) <= line.line.price


@_given
def test_a_fee_is_its_maximum_at_most_and_only_where_it_is_not_absorbed(
    lines: list[Line], tax: Tax | None, fee: Fee | None
) -> None:
    for line in amounts_of(lines, tax, fee).lines:
        if fee is None or not line.line.takes_fee:
            assert line.fee == 0
        elif fee.maximum is not None:
            assert line.fee <= fee.maximum


@_given
def test_a_code_that_lasts_for_more_never_makes_it_dearer(
    lines: list[Line], tax: Tax | None, fee: Fee | None
) -> None:
    for_all = [replace(line, discounted=line.quantity if line.discount else 0) for line in lines]
    for_none = [replace(line, discounted=0) for line in lines]
    totals = [amounts_of(some, tax, fee).total for some in (for_all, lines, for_none)]
    assert totals == sorted(totals)


@many
@given(_baskets(), _percents, _fees)
def test_a_tax_in_the_price_and_one_on_top_of_it_agree(
    lines: list[Line], rate: Decimal, fee: Fee | None
) -> None:
    # What costs so much with the tax on top costs the same where that is the price with the tax in it.
    on_top = amounts_of(lines, Tax("VAT", rate, is_included=False), fee)
    all_in = [Line(1, "The same", on_top.total, 1)]
    within = amounts_of(all_in, Tax("VAT", rate, is_included=True))
    assert within.total == on_top.total
    assert abs(within.tax - on_top.tax) <= CENT


@many
@given(_baskets(), _taxes, _fees)
def test_what_is_told_are_numbers_of_the_same_value(
    lines: list[Line], tax: Tax | None, fee: Fee | None
) -> None:
    found = amounts_of(lines, tax, fee)
    told = as_json(found)
    assert [told[name] for name in ("total", "sub_total", "discount")] == [
        float(found.total),
        float(found.sub_total),
        float(found.discount),
    ]
    assert (told["tax"] is None) == (tax is None)
    for line, value in zip(told["tickets"], found.lines, strict=True):
        assert (line["id"], line["quantity"]) == (value.line.ticket_id, value.line.quantity)
        assert (line["discount"] is None) == (value.line.discount is None)
        if line["discount"] is not None:
            assert line["discount"]["total"] == float(value.discount)
            assert ("warning" in line["discount"]) == (value.line.discounted < value.line.quantity)


VAT = Tax("VAT", Decimal(18), is_included=False)
SUMMIT = [
    Line(1, "Early bird", Decimal("123.5"), 2),
    Line(2, "Regular", Decimal("456.3"), 4),
    Line(3, "Patron", Decimal("789.7"), 3),
    Line(4, "Visitor", Decimal(0), 3),
]


def _summary(found: Amounts) -> tuple[str, ...]:
    return tuple(str(amount) for amount in (found.sub_total, found.discount, found.tax, found.total))


def test_the_example_of_the_rules_comes_out_to_the_cent() -> None:
    assert _summary(amounts_of(SUMMIT, VAT)) == ("4441.30", "0.00", "799.43", "5240.73")
    ten = Discount("TEN", "percent", Decimal(10))
    reduced = [SUMMIT[0], *(replace(item, discount=ten, discounted=item.quantity) for item in SUMMIT[1:])]
    assert _summary(amounts_of(reduced, VAT)) == ("4021.87", "419.43", "723.94", "4745.81")
    assert _summary(amounts_of(SUMMIT, replace(VAT, is_included=True))) == (
        *("4441.30", "0.00", "677.49", "4441.30"),
    )


@pytest.mark.parametrize(
    ("prices", "shown"),
    [
        (["0.05", "0.05", "0.05"], ["0.03", "0.03", "0.02"]),  # 0.025 each, 0.075 in all, which is 0.08
        (["0.01", "0.01"], ["0.01", "0.00"]),  # half a cent each
        (["0.33"], ["0.17"]),
    ],
)
def test_cents_that_are_left_over_go_to_the_first_tickets(prices: list[str], shown: list[str]) -> None:
    half = Discount("HALF", "percent", Decimal(50))
    lines = [Line(n, "x", Decimal(price), 1, 1, half) for n, price in enumerate(prices, 1)]
    assert [str(line.sub_total) for line in amounts_of(lines).lines] == shown


def test_nothing_at_all_costs_nothing() -> None:
    assert _summary(amounts_of([], VAT)) == ("0.00", "0.00", "0.00", "0.00")
