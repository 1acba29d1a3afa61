"""Exchange of a sold ticket for another one: quoted first, then begun exactly as quoted.

The new ticket is priced as any basket is, with fee, tax and the codes that are sent; what was paid for the
old one and has not gone back pays for it. What is more is to be paid, less goes back by the rules.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any, Final

from chalicelib import clock, db
from chalicelib.jsonapi.ground.errors import Problems, conflict, invalid
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.events.event.after_purchase import DATES, OFF
from chalicelib.resources.orders.attendee.admission import demand_none_used
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.basket.basket import Basket, basket_of
from chalicelib.resources.orders.basket.basket_request import (
    BasketRequest,
    Replaced,
    RequestedBuyer,
    RequestedCode,
    RequestedTicket,
)
from chalicelib.resources.orders.basket.bought_before import NOTHING, bought_before, first_of
from chalicelib.resources.orders.order import states, taxes
from chalicelib.resources.orders.order.order import Order
from chalicelib.resources.orders.payment.exchanging import difference_of
from chalicelib.resources.orders.payment.ledger import currency_of
from chalicelib.resources.orders.payment.quoting import funds_of
from chalicelib.resources.orders.payment.shares import balances_of_all
from chalicelib.values.money import from_minor, to_minor

_RULES: Final = """
SELECT event.ticket_exchange, least(coalesce(event.ticket_exchange_ends_at, event.starts_at), event.ends_at),
  event.deleted_at IS NULL, kind.is_exchangeable, kind.pool_id
FROM events event JOIN tickets kind ON kind.event_id = event.id WHERE kind.id = $1
"""
_SAME_OWNER: Final = """
SELECT 1 FROM users_events_roles here JOIN users_events_roles there ON there.user_id = here.user_id
  AND there.role_id = here.role_id
JOIN roles role ON role.id = here.role_id AND role.name = 'owner'
WHERE here.event_id = $1 AND there.event_id = $2 LIMIT 1
"""
_ASKED: Final = """
SELECT 1 FROM refund_requests asked WHERE asked.order_id = $1 AND asked.state = 'requested'
AND asked.attendee_ids @> to_jsonb($2::bigint) LIMIT 1
"""
_OPEN: Final = f"""
SELECT 1 FROM ticket_exchanges swap JOIN orders bought ON bought.id = swap.new_order_id
WHERE swap.attendee_id = $1 AND swap.completed_at IS NULL AND bought.status IN {states.listed(states.HELD)}
LIMIT 1
"""  # noqa: S608 - no user input
_IS_TEST: Final = "SELECT is_test_mode FROM events WHERE id = $1"
_TICKET: Final = "/ticket"


@dataclass(frozen=True, slots=True)
class ReplacingTicket(RequestedTicket):
    """The ticket that is to replace another one; `price` is for donations."""

    def pointer(self, name: str) -> str:
        """JSON pointer to this member in the body."""
        return "/price" if name == "price" else _TICKET


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
    the new ticket gets the place of the old one in a pool that is full.
    """

    quote: ExchangeQuote
    basket: Basket
    price: Decimal
    tax: dict[str, Any] | None
    is_swap: bool


def exchange_of(
    context: Context, order: Order, attendee: Attendee, values: dict[str, Any], *, locked: bool = True
) -> Exchange:
    """What an exchange of this ticket gives at this moment: `values` are ticket, price and codes.

    Raises Problem 409 where it cannot be exchanged, 404 and 422 for what cannot be bought.
    """
    session = context.session
    pool_id = _demand_exchangeable(context, order, attendee)
    if values["ticket"] == attendee.ticket_id:
        raise invalid("The ticket is of that kind already.", _TICKET)
    before = NOTHING  # of whoever holds a ticket that was passed on
    if attendee.transferred_at is None:
        before = bought_before(session, first_of(order), locked=locked, without=attendee.id)
    codes = Replaced(pool_id, attendee.discount_code_id, attendee.access_code_id)
    requested = replace(_requested(context, order, values), before=before, replaced=codes)
    basket = basket_of(context, requested, replenish=locked)
    basket.sale.demand_account(is_guest=requested.buyer is not None, pointer=_TICKET)
    _demand_goal(context, order, basket, values["ticket"])
    if basket.sold_out:
        raise Problems(basket.sold_out)
    price, tax = taxes.of_basket(context, order, basket)
    currency = currency_of(session, order)
    worth = balances_of_all(session, funds_of(session, order.id, locked=locked))
    credit = worth.get(attendee.id, 0)
    if credit and (basket.sale.currency or currency) != currency:
        raise conflict("That ticket is sold in another currency.", _TICKET)
    currency = currency if credit else basket.sale.currency or currency
    in_minor = to_minor(price, currency)
    difference = difference_of(session, order, credit, in_minor)
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
    return Exchange(quote, basket, price, tax, basket.takes_replaced_place)


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


def has_open_exchange(context: Context, attendee_id: int) -> bool:
    """Whether an exchange of the ticket was begun, and waits for its payment."""
    return bool(db.fetch(context.session, _OPEN, [attendee_id]))


def _demand_exchangeable(context: Context, order: Order, attendee: Attendee) -> int | None:
    """The pool of the ticket, if it has one. Raises Problem 409 where the ticket cannot be exchanged."""
    session = context.session
    if order.status != states.COMPLETED:
        raise conflict(f"The order is {order.status}: a ticket is exchanged once it is paid.", "/data")
    if attendee.deleted_at is not None:
        raise conflict("This ticket was cancelled or removed.", "/data")
    exchange, ends_at, is_there, is_exchangeable, pool_id = db.fetch(session, _RULES, [attendee.ticket_id])[0]
    if exchange == OFF or not is_there:
        raise conflict("Tickets of this event are not exchanged: ask its organizers.", "/data")
    if not is_exchangeable:
        raise conflict("This kind of ticket is not exchanged: ask the event's organizers.", "/data")
    if ends_at <= clock.now():
        raise conflict("It is too late: tickets of this event are not exchanged any more.", "/data")
    demand_none_used(context, order.id, [attendee.id], "/data")
    if db.fetch(session, _ASKED, [order.id, attendee.id]):
        raise conflict("A refund of this ticket is asked for: that is decided first.", "/data")
    if has_open_exchange(context, attendee.id):
        raise conflict("This ticket is being exchanged: pay for, or cancel, that order first.", "/data")
    return pool_id if pool_id is None else int(pool_id)


def _demand_goal(context: Context, order: Order, basket: Basket, ticket_id: int) -> None:
    """Raise Problem 409 unless the event exchanges its tickets for this one."""
    session = context.session
    exchange, _, _, is_exchangeable, _ = db.fetch(session, _RULES, [ticket_id])[0]
    if not is_exchangeable:
        raise conflict("That kind of ticket is not taken in exchange: ask the organizers.", _TICKET)
    if bool(db.fetch(session, _IS_TEST, [basket.sale.event_id])[0][0]) != order.is_test:
        raise conflict("Tickets are not exchanged into test mode, or out of it.", _TICKET)
    if basket.sale.event_id == order.event_id:
        return
    own = db.fetch(session, "SELECT ticket_exchange FROM events WHERE id = $1", [order.event_id])[0][0]
    both = own == exchange == DATES
    if not both or not db.fetch(session, _SAME_OWNER, [order.event_id, basket.sale.event_id]):
        raise conflict("Tickets of this event are not exchanged for those of that one.", _TICKET)
