"""Exchange of a sold ticket for another one: quoted first, then begun exactly as quoted.

The new ticket is priced as any basket is, with fee, tax and the codes that are sent; what was paid for the
old one and has not gone back pays for it. What is more is to be paid, less goes back by the rules.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any

from chalicelib.jsonapi.ground.errors import Problems, conflict, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.basket.basket import Basket, basket_of
from chalicelib.resources.orders.basket.basket_request import (
    BasketRequest,
    Replaced,
    RequestedBuyer,
    RequestedCode,
    RequestedTicket,
)
from chalicelib.resources.orders.basket.bought_before import (
    NOTHING,
    BoughtBefore,
    bought_before,
    first_of,
)
from chalicelib.resources.orders.order import taxes
from chalicelib.resources.orders.order.table import Order
from chalicelib.resources.orders.payment import exchange_rules
from chalicelib.resources.orders.payment.exchange_rules import TICKET
from chalicelib.resources.orders.payment.exchanging import difference_of
from chalicelib.resources.orders.payment.ledger import currency_of
from chalicelib.resources.orders.payment.quoting import funds_of
from chalicelib.resources.orders.payment.shares import balances_of_all
from chalicelib.values.money import from_minor, to_minor


@dataclass(frozen=True, slots=True)
class ReplacingTicket(RequestedTicket):
    """The ticket that is to replace another one; `price` is for donations."""

    def pointer(self, name: str) -> str:
        """JSON pointer to this member in the body."""
        return "/price" if name == "price" else TICKET


@dataclass(frozen=True, slots=True)
class ExchangeQuote:
    """What an exchange costs or gives; amounts in minor units.

    credit is what the old ticket is worth, price what the new one costs; of what the old one is worth more,
    amount_back goes back.
    """

    order_id: int
    attendee_id: int
    ticket_id: int
    event_id: int
    currency: str
    credit: int
    price: int
    amount_back: int
    percent: int
    fee: int
    until: datetime | None
    needs_approval: bool

    @property
    def due(self) -> int:
        """What is to be paid."""
        return max(self.price - self.credit, 0)

    @property
    def token(self) -> str:
        """Names exactly these terms: an exchange with it is begun as quoted, or refused."""
        text = dumps(asdict(self), default=str, sort_keys=True)
        return sha256(text.encode()).hexdigest()[:40]

    def document(self) -> dict[str, Any]:
        """As clients read it: amounts in units of the currency."""

        def units(minor: int) -> float:
            return float(from_minor(minor, self.currency))

        return {
            "quote": self.token,
            "attendee": self.attendee_id,
            "ticket": self.ticket_id,
            "event": self.event_id,
            "currency": self.currency,
            "credit": units(self.credit),
            "price": units(self.price),
            "due": units(self.due),
            "percent": self.percent,
            "fee": units(self.fee),
            "amount-back": units(self.amount_back),
            "kept": units(max(self.credit - self.price, 0) - self.amount_back),
            "until": self.until.isoformat() if self.until is not None else None,
            "needs-approval": self.needs_approval,
        }


@dataclass(frozen=True, slots=True)
class Exchange:
    """A quote, the basket that it was made of, the price less a tax that the buyer accounts for, and whether
    the new ticket gets the place of the old one in a pool that is full. `by_team`: on behalf of whose it is.
    """

    quote: ExchangeQuote
    basket: Basket
    price: Decimal
    tax: dict[str, Any] | None
    is_swap: bool
    by_team: bool


def exchange_of(
    context: Context,
    order: Order,
    attendee: Attendee,
    values: dict[str, Any],
    *,
    locked: bool = True,
    by_team: bool = False,
) -> Exchange:
    """What an exchange of this ticket gives at this moment: `values` are ticket, price and codes.

    The event's team is not bound by what the event lets buyers do, and until when. Raises Problem 409 where
    it cannot be exchanged, 404 and 422 for what cannot be bought.
    """
    pool_id = exchange_rules.demand_exchangeable(context, order, attendee, by_team=by_team)
    if values["ticket"] == attendee.ticket_id:
        raise invalid("The ticket is of that kind already.", TICKET)
    before = _before(context, order, attendee, locked=locked)
    gives = Replaced(pool_id, attendee.discount_code_id, attendee.access_code_id)
    requested = replace(_requested(context, order, values), before=before, replaced=gives)
    basket = basket_of(context, requested, replenish=locked)
    basket.sale.demand_account(is_guest=requested.buyer is not None, pointer=TICKET)
    exchange_rules.demand_goal(context, order, basket, values["ticket"], by_team=by_team)
    if basket.sold_out:
        raise Problems(basket.sold_out)
    price, tax = taxes.of_basket(context, order, basket)
    currency = currency_of(context.session, order)
    worth = balances_of_all(context.session, funds_of(context.session, order.id, locked=locked))
    credit = worth.get(attendee.id, 0)
    if credit and (basket.sale.currency or currency) != currency:
        raise conflict("That ticket is sold in another currency.", TICKET)
    currency = currency if credit else basket.sale.currency or currency
    in_minor = to_minor(price, currency)
    difference = difference_of(context.session, order, credit, in_minor)
    terms = difference.terms
    quote = ExchangeQuote(
        order_id=order.id,
        attendee_id=attendee.id,
        ticket_id=values["ticket"],
        event_id=basket.sale.event_id,
        currency=currency,
        credit=credit,
        price=in_minor,
        amount_back=difference.amount,
        percent=terms.percent if terms is not None else 100 if difference.amount else 0,
        fee=terms.fee if terms is not None else 0,
        until=terms.until if terms is not None else None,
        needs_approval=difference.needs_approval,
    )
    return Exchange(quote, basket, price, tax, basket.takes_replaced_place, by_team)


def _before(context: Context, order: Order, attendee: Attendee, *, locked: bool) -> BoughtBefore:
    """What is in linked orders of the buyer besides; nothing of whoever holds a ticket that was passed on."""
    if attendee.transferred_at is not None:
        return NOTHING
    return bought_before(context.session, first_of(order), locked=locked, without=attendee.id)


def _requested(context: Context, order: Order, values: dict[str, Any]) -> BasketRequest:
    is_guest = context.viewer.id is None
    return BasketRequest(
        tickets=(ReplacingTicket(values["ticket"], 1, values.get("price"), 0),),
        discount_code=RequestedCode("discount code", "/discount-code", values.get("discount_code")),
        access_code=RequestedCode("access code", "/access-code", values.get("access_code")),
        amount=None,
        discount_verify=False,
        buyer=RequestedBuyer(order.guest_name or "", order.guest_email or "") if is_guest else None,
        has_least=False,
    )
