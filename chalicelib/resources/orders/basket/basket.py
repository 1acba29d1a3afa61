"""Baskets: the wanted tickets, validated against every rule of their sale.

One statement loads what is for sale; the decisions are made here. A basket reserves nothing: seats are
reserved when its attendees are inserted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from chalicelib import clock
from chalicelib.jsonapi.ground.errors import Problem, Problems, conflict, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.attributes import MOST_MONEY
from chalicelib.resources.orders.basket.amounts import Amounts, Discount, Line, amounts_of
from chalicelib.resources.orders.basket.basket_request import BasketRequest, RequestedTicket
from chalicelib.resources.orders.basket.codes import Code, access_used, discounted
from chalicelib.resources.orders.basket.offers import Offer, Offers, Sale, offers_for
from chalicelib.resources.orders.order.reservations import release_expired
from chalicelib.values.currencies import digits_of, mistake_in_amount

MOST_TICKETS: Final = 1000  # per order


@dataclass(frozen=True, slots=True)
class Basket:
    """A valid basket and its price. The codes are those that apply to some of it.

    `unlocked_ticket_ids` are the tickets that the access code unlocks. `sold_out` are the problems; empty:
    available. `takes_replaced_place`: only what an exchanged ticket gives back, in its pool or of its code.
    """

    sale: Sale
    lines: tuple[Line, ...]
    amounts: Amounts
    discount: Code | None
    access: Code | None
    unlocked_ticket_ids: frozenset[int]
    sold_out: tuple[Problem, ...]
    takes_replaced_place: bool = False


def basket_of(
    context: Context,
    requested: BasketRequest,
    *,
    replenish: bool = False,
    offered: frozenset[int] = frozenset(),
) -> Basket:
    """The basket for a request. Raises Problem 404, and Problems with a 422 for each violated rule.

    Sold-out tickets are in `sold_out`, as they may be available a moment later. With `replenish`, expired
    reservations are released first, where there are too few seats without them. Tickets that are `offered` to
    the buyer by the waiting list are open to them, in the quantity that they are offered in.
    """
    now = clock.now()
    offers = offers_for(context, requested, now)
    if replenish and offers.sale.has_overdue and _is_short(requested, offers):
        release_expired(context.session, offers.sale.event_id)
        offers = offers_for(context, requested, now)  # also if another transaction has just released them
    unlocked = access_used(offers.access, requested, _unlocked_by_code(offers))
    # First, because other errors contain the ticket's name.
    _refuse(_closed(requested, offers, unlocked | offered))
    _refuse(_broken_rules(requested, offers, now, offered))
    lines = tuple(_lines(requested, offers))
    discount = offers.discount if any(line.discounted for line in lines) else None
    access = offers.access if unlocked else None
    amounts = amounts_of(lines, offers.sale.tax, offers.sale.fee, digits_of(offers.sale.currency))
    if amounts.total > MOST_MONEY or sum(line.gross for line in lines) > Fraction(MOST_MONEY):
        raise invalid(f"An order costs {MOST_MONEY} at most.", "/tickets")
    return Basket(
        sale=offers.sale,
        lines=lines,
        amounts=amounts,
        discount=discount,
        access=access,
        unlocked_ticket_ids=unlocked,
        sold_out=tuple(_sold_out(requested, offers.of)),
        takes_replaced_place=_pool_is_full(requested, offers.of)
        or any(code is not None and code.is_given_back for code in (discount, access)),
    )


def _refuse(errors: Iterator[Problem]) -> None:
    problems = list(errors)
    if problems:
        raise Problems(problems)


def _unlocked_by_code(offers: Offers) -> set[int]:
    return {offer.id for offer in offers.of.values() if offer.is_hidden and offer.has_access}


def _cheaper(requested: BasketRequest, offers: Offers) -> set[int]:
    """Ids of the tickets that the discount code applies to. Free ones do not use it up."""
    return {
        ticket.id
        for ticket in requested.tickets
        if offers.of[ticket.id].has_discount and _price(ticket, offers.of[ticket.id])
    }


def _closed(requested: BasketRequest, offers: Offers, unlocked: frozenset[int]) -> Iterator[Problem]:
    for ticket in requested.tickets:
        if offers.of[ticket.id].is_hidden and ticket.id not in unlocked and not offers.is_team:
            yield invalid("This ticket needs an access code.", ticket.pointer("id"))


def _broken_rules(
    requested: BasketRequest, offers: Offers, now: datetime, offered: frozenset[int]
) -> Iterator[Problem]:
    if offers.sale.is_over:
        yield invalid("The event is over.", "/tickets")
    before = requested.before.tickets
    if sum(ticket.quantity for ticket in requested.tickets) + sum(before.values()) > MOST_TICKETS:
        yield invalid(f"An order has {MOST_TICKETS} tickets at most.", "/tickets")
    if requested.amount is not None and (
        mistake := mistake_in_amount(requested.amount, offers.sale.currency)
    ):
        yield invalid(mistake, "/amount")
    for ticket in requested.tickets:
        offer = offers.of[ticket.id]
        if now < offer.sales_starts_at:
            yield invalid(f"{offer.name} is not on sale yet.", ticket.pointer("id"))
        if now > offer.sales_ends_at:
            yield invalid(f"{offer.name} is not on sale any more.", ticket.pointer("id"))
        number = ticket.quantity + before.get(ticket.id, 0)  # of one order, and of those it is added to
        is_limited = ticket.id not in offered
        has_least = is_limited and requested.has_least
        if has_least and offer.min_order is not None and number < offer.min_order:
            yield invalid(f"At least {offer.min_order} of {offer.name}, please.", ticket.pointer("quantity"))
        if is_limited and offer.max_order is not None and number > offer.max_order:
            yield invalid(f"At most {offer.max_order} of {offer.name}, please.", ticket.pointer("quantity"))
        if offer.type.startswith("donation"):
            yield from _wrong_donation(ticket, offer, offers.sale.currency)


def _wrong_donation(ticket: RequestedTicket, offer: Offer, currency: str | None) -> Iterator[Problem]:
    # A maximum price of 0 means none was set.
    most = offer.max_price or None
    if ticket.price is None:
        yield invalid("Say how much you give.", ticket.pointer("price"))
    elif ticket.price < offer.min_price or (most is not None and ticket.price > most):
        limit = f" and {most} at most" if most is not None else ""
        yield invalid(f"Give {offer.min_price} at least{limit}.", ticket.pointer("price"))
    elif mistake := mistake_in_amount(ticket.price, currency):
        yield invalid(mistake, ticket.pointer("price"))


def _lines(requested: BasketRequest, offers: Offers) -> Iterator[Line]:
    code = offers.discount
    parts = discounted(code, requested, _cheaper(requested, offers))
    for ticket in requested.tickets:
        offer = offers.of[ticket.id]
        fits = code is not None and ticket.id in parts
        yield Line(
            ticket_id=ticket.id,
            name=offer.name,
            price=_price(ticket, offer),
            quantity=ticket.quantity,
            discounted=parts.get(ticket.id, 0),
            discount=Discount(code.code, code.type, code.value) if code is not None and fits else None,
            takes_fee=not offer.is_fee_absorbed,
            tax_rate=offer.tax_rate,
        )


def _price(ticket: RequestedTicket, offer: Offer) -> Decimal:
    if offer.type.startswith("free"):
        return Decimal(0)
    return (ticket.price if offer.type.startswith("donation") else offer.price) or Decimal(0)


def _pool_is_full(requested: BasketRequest, offers: dict[int, Offer]) -> bool:
    """Whether nothing is left of the pool in which an exchanged ticket gives a place back."""
    pool_id = requested.replaced.pool_id
    return pool_id is not None and any(
        offer.pool_id == pool_id and offer.pool_left is not None and offer.pool_left <= 0
        for offer in offers.values()
    )


def _sold_out(requested: BasketRequest, offers: dict[int, Offer]) -> Iterator[Problem]:
    """Problems of unavailable lines; earlier lines take their part of a shared pool first."""
    taken: dict[int | None, int] = {}
    if requested.replaced.pool_id is not None:
        taken[requested.replaced.pool_id] = -1
    for ticket in requested.tickets:
        offer = offers[ticket.id]
        before = taken.get(offer.pool_id, 0)
        taken[offer.pool_id] = before + ticket.quantity
        limits = [limit for limit in (offer.left, _less(offer.pool_left, before)) if limit is not None]
        left = max(min(limits, default=ticket.quantity), 0)
        if ticket.quantity > left:
            few = f"Only {left} of" if left > 0 else "There is nothing left of"
            yield conflict(f"{few} {offer.name}.", ticket.pointer("quantity"))


def _is_short(requested: BasketRequest, offers: Offers) -> bool:
    """Whether seats are sold out, or a code does not suffice for its tickets."""
    for code, ids in (
        (offers.discount, _cheaper(requested, offers)),
        (offers.access, _unlocked_by_code(offers)),
    ):
        number = sum(ticket.quantity for ticket in requested.tickets if ticket.id in ids)
        if code is not None and code.left is not None and code.left < number:
            return True
    return any(_sold_out(requested, offers.of))


def _less(number: int | None, taken: int) -> int | None:
    return None if number is None else number - taken
