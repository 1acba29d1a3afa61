"""Baskets: the tickets that somebody wants, judged by every rule of their sale.

One statement finds the tickets, their event, the codes, the tax, the fee and what is left; everything else
is decided here. Looking at a basket holds nothing: places are taken when its attendees are written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.errors import Problem, Problems, conflict, invalid, not_found
from chalicelib.resources.orders.amounts import Amounts, Discount, Fee, Line, Tax, amounts_of
from chalicelib.resources.orders.basket_codes import Code, access_used, discounted
from chalicelib.resources.orders.basket_sql import STATEMENT
from chalicelib.resources.orders.wanted import Wanted, WantedTicket

MOST_TICKETS = 1000  # of one order


@dataclass(frozen=True, slots=True)
class Offer:
    """A ticket as it is for sale now. `left` is null without a limit; the codes that fit it are told."""

    id: int
    name: str
    type: str
    price: Decimal | None
    min_price: Decimal
    max_price: Decimal | None
    min_order: int | None
    max_order: int | None
    sales_starts_at: datetime
    sales_ends_at: datetime
    is_hidden: bool
    is_fee_absorbed: bool
    left: int | None
    has_discount: bool
    has_access: bool


@dataclass(frozen=True, slots=True)
class Sale:
    """The event whose tickets they are. `order_id` is reserved for an order; holds are minutes long."""

    event_id: int
    is_open: bool
    is_over: bool
    hold_minutes: int
    has_overdue: bool
    order_id: int
    tax: Tax | None
    fee: Fee | None


@dataclass(frozen=True, slots=True)
class Basket:
    """What can be ordered, and what it costs. `opened` are ids of tickets had with the access code."""

    sale: Sale
    lines: tuple[Line, ...]
    amounts: Amounts
    discount: Code | None
    access: Code | None
    opened: frozenset[int]
    sold_out: tuple[Problem, ...]


def basket_of(context: Context, wanted: Wanted) -> Basket:
    """The basket that is wanted. Raises Problem 404, and Problems with 422 for each broken rule.

    What is sold out is told in `sold_out`, since it may be had a moment later.
    """
    offers, sale, discount, access = _found(context, wanted)
    problems = list(_broken_rules(context, wanted, offers, sale))
    if problems:
        raise Problems(problems)
    used = access_used(access, wanted, {id for id, offer in offers.items() if offer.has_access})
    is_team = context.viewer.holds(COORGANIZERS, sale.event_id)
    hidden = [
        invalid("This ticket needs an access code.", one.pointer("id"))
        for one in wanted.tickets
        if offers[one.id].is_hidden and one.id not in used and not is_team
    ]
    if hidden:
        raise Problems(hidden)
    lines = tuple(_lines(wanted, offers, discount))
    return Basket(
        sale=sale,
        lines=lines,
        amounts=amounts_of(lines, sale.tax, sale.fee),
        discount=discount,
        access=access,
        opened=used,
        sold_out=tuple(_sold_out(wanted.tickets, offers)),
    )


def _found(context: Context, wanted: Wanted) -> tuple[dict[int, Offer], Sale, Code | None, Code | None]:
    ids = [one.id for one in wanted.tickets]
    now = clock.now()
    discount, access = wanted.discount_code, wanted.access_code
    rows = db.fetch(
        context.session,
        STATEMENT,
        [ids, now, discount.id, discount.text, access.id, access.text],
    )
    offers = {row[0]: Offer(*row[:15]) for row in rows}
    for one in wanted.tickets:
        if one.id not in offers:
            raise not_found("There is no such ticket.", one.pointer("id"))
    events = {row[15] for row in rows}
    if len(events) > 1:
        raise invalid("The tickets of one order belong to one event.", "/tickets")
    event_id, is_published, is_over, hold_minutes, has_overdue, order_id = rows[0][15:21]
    if not is_published and not context.viewer.holds(COORGANIZERS, event_id):
        raise not_found("There is no such ticket.", wanted.tickets[0].pointer("id"))
    tax, fee = rows[0][21:24], rows[0][24:26]
    sale = Sale(
        event_id=event_id,
        is_open=is_published,
        is_over=is_over,
        hold_minutes=hold_minutes,
        has_overdue=has_overdue,
        order_id=order_id,
        tax=Tax(*tax) if tax[1] is not None else None,
        fee=Fee(*fee) if fee[0] is not None else None,
    )
    codes = (Code.read(discount, rows[0][26], now), Code.read(access, rows[0][27], now))
    return offers, sale, *codes


def _broken_rules(
    context: Context, wanted: Wanted, offers: dict[int, Offer], sale: Sale
) -> Iterator[Problem]:
    now = clock.now()
    if sale.is_over:
        yield invalid("The event is over.", "/tickets")
    if sum(one.quantity for one in wanted.tickets) > MOST_TICKETS:
        yield invalid(f"An order has {MOST_TICKETS} tickets at most.", "/tickets")
    for one in wanted.tickets:
        offer = offers[one.id]
        if now < offer.sales_starts_at:
            yield invalid(f"{offer.name} is not on sale yet.", one.pointer("id"))
        if now > offer.sales_ends_at:
            yield invalid(f"{offer.name} is not on sale any more.", one.pointer("id"))
        if offer.min_order is not None and one.quantity < offer.min_order:
            yield invalid(f"At least {offer.min_order} of {offer.name}, please.", one.pointer("quantity"))
        if offer.max_order is not None and one.quantity > offer.max_order:
            yield invalid(f"At most {offer.max_order} of {offer.name}, please.", one.pointer("quantity"))
        if offer.type.startswith("donation"):
            yield from _wrong_donation(one, offer)


def _wrong_donation(one: WantedTicket, offer: Offer) -> Iterator[Problem]:
    if one.price is None:
        yield invalid("Say how much you give.", one.pointer("price"))
    elif one.price < offer.min_price or (offer.max_price is not None and one.price > offer.max_price):
        most = f" and {offer.max_price} at most" if offer.max_price is not None else ""
        yield invalid(f"Give {offer.min_price} at least{most}.", one.pointer("price"))


def _lines(wanted: Wanted, offers: dict[int, Offer], code: Code | None) -> Iterator[Line]:
    prices = {one.id: _price(one, offers[one.id]) for one in wanted.tickets}
    # What is free cannot become cheaper, and uses nothing up.
    fitting = {id for id, offer in offers.items() if offer.has_discount and prices[id] > 0}
    parts = discounted(code, wanted, fitting)
    for one in wanted.tickets:
        offer = offers[one.id]
        part = parts.get(one.id, 0)
        yield Line(
            ticket_id=one.id,
            name=offer.name,
            price=prices[one.id],
            quantity=one.quantity,
            discounted=part,
            discount=Discount(code.code, code.type, code.value) if code is not None and part else None,
            takes_fee=not offer.is_fee_absorbed,
        )


def _price(one: WantedTicket, offer: Offer) -> Decimal:
    if offer.type.startswith("free"):
        return Decimal(0)
    return (one.price if offer.type.startswith("donation") else offer.price) or Decimal(0)


def _sold_out(wanted: Sequence[WantedTicket], offers: dict[int, Offer]) -> Iterator[Problem]:
    for one in wanted:
        left: Any = offers[one.id].left
        if left is not None and one.quantity > left:
            few = f"Only {left} of" if left > 0 else "There is nothing left of"
            yield conflict(f"{few} {offers[one.id].name}.", one.pointer("quantity"))
