"""Shares of tickets in what was paid for an order, and what is left of them: what goes back for each.

The amount is shared by the tickets' prices as sold, less what the code took off then where it applied,
with the tax of each as it was charged, and rounded so that the shares add up to it (largest remainder
method).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.orders.payment.payment import Payment

# Of person with its ticket, line and code: the price as sold, and what the code took off it then.
PRICE: Final = "coalesce(line.price, ticket.price, 0)"
OFF: Final = f"""CASE WHEN person.is_discount_applied THEN least(coalesce(line.discount,
    CASE WHEN code.type = 'percent' THEN {PRICE} * code.value / 100 ELSE code.value END, 0), {PRICE})
  ELSE 0 END"""
_SOLD: Final = f"""
SELECT person.id, {PRICE} - {OFF},
  coalesce(line.tax_rate, (bought.tax ->> 'percent')::numeric, 0), (bought.tax ->> 'included')::boolean,
  (bought.tax ->> 'reverse_charge')::boolean
FROM attendees person
JOIN orders bought ON bought.id = person.order_id
JOIN tickets ticket ON ticket.id = person.ticket_id
LEFT JOIN orders_tickets line ON line.order_id = person.order_id AND line.ticket_id = person.ticket_id
LEFT JOIN discount_codes code ON code.id = person.discount_code_id
WHERE person.order_id = $1
"""  # noqa: S608 - no user input
# Who comes, whose places were given back with a refund of this payment, and who has cancelled a paid ticket.
_SEATS: Final = f"""{_SOLD} AND (person.deleted_at IS NULL OR EXISTS (
  SELECT FROM refunds given WHERE given.payment_id = $2 AND given.attendee_ids @> to_jsonb(person.id)
) OR EXISTS (
  SELECT FROM ticket_cancellations ended WHERE ended.attendee_id = person.id AND ended.is_of_paid
))
ORDER BY person.id
"""  # noqa: S608 - no user input
_COMING: Final = f"{_SOLD} AND person.deleted_at IS NULL ORDER BY person.id"
_THESE: Final = f"{_SOLD} AND person.id = ANY ($2::bigint[])"
# What went back of a payment by now, for which tickets; null: for all who still came then.
_REFUNDS: Final = """
SELECT amount_minor, attendee_ids FROM refunds WHERE payment_id = $1 AND state <> 'failed' ORDER BY id
"""


def balances_of(session: Session, payment: Payment) -> dict[int, int]:
    """What was paid for each ticket and has not gone back, in minor units, by the id of its attendee.

    What went back without a ticket was for all whose tickets were not refunded by then, by their shares. So
    the balances are never more than is left of the payment.
    """
    balances = _shares_of(session, payment)
    for amount, attendee_ids in db.fetch(session, _REFUNDS, [payment.id]):
        if attendee_ids:
            balances.update((id, 0) for id in attendee_ids if id in balances)
        elif any(balances.values()):
            weights = {id: Fraction(balance) for id, balance in balances.items()}
            parts = shared(amount, weights)
            balances = {id: max(balance - parts[id], 0) for id, balance in balances.items()}
    return balances


def balances_of_all(session: Session, payments: Iterable[Payment]) -> dict[int, int]:
    """The same of several payments of an order together."""
    balances: dict[int, int] = {}
    for payment in payments:
        for id, balance in balances_of(session, payment).items():
            balances[id] = balances.get(id, 0) + balance
    return balances


def _shares_of(session: Session, payment: Payment) -> dict[int, int]:
    """The share of each attendee in a payment in minor units, by id; they add up to it."""
    rows = db.fetch(session, _SEATS, [payment.order_id, payment.id])
    return shared(payment.amount_minor, {id: _paid(*seat) for id, *seat in rows})


def shares_of_owed(session: Session, order_id: int, owed: int) -> dict[int, int]:
    """The share of each who comes in what is owed for an order that is not paid, by id; they add up to it."""
    rows = db.fetch(session, _COMING, [order_id])
    return shared(owed, {id: _paid(*seat) for id, *seat in rows})


def paid_at_rates(session: Session, order_id: int, attendee_ids: Sequence[int]) -> dict[Decimal, Fraction]:
    """What the tickets of these attendees cost as they were sold, with tax, by its rate in percent."""
    costs: dict[Decimal, Fraction] = {}
    for _, *seat in db.fetch(session, _THESE, [order_id, [*attendee_ids]]):
        percent = seat[1]
        costs[percent] = costs.get(percent, Fraction(0)) + _paid(*seat)
    return costs


def shared(amount: int, weights: Mapping[int, Fraction]) -> dict[int, int]:
    """The amount shared by weights; in equal parts where nothing has one."""
    total = sum(weights.values(), Fraction(0))
    parts = {
        id: amount * (weight / total if total else Fraction(1, len(weights)))
        for id, weight in weights.items()
    }
    coins = {id: floor(part) for id, part in parts.items()}
    over = amount - sum(coins.values()) if coins else 0
    for id in sorted(parts, key=lambda id: (coins[id] - parts[id], id))[:over]:
        coins[id] += 1
    return coins


def _paid(price: Decimal, *tax: Any) -> Fraction:
    return Fraction(price) * _taxed(*tax)


def _taxed(percent: Decimal, is_included: bool | None, is_reverse: bool | None) -> Fraction:
    """What was paid of a price of 1: tickets of one order may have different tax rates."""
    whole = 1 + Fraction(percent) / 100
    if is_reverse:
        return 1 / whole if is_included else Fraction(1)
    return Fraction(1) if is_included else whole
