"""Shares of tickets in what was paid for an order: what goes back for each of them.

The amount is shared by the tickets' prices as sold, less the discount of the order's code where it applied,
and rounded so that the shares add up to it (largest remainder method).
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.orders.basket.amounts import Discount

# Who comes, and whose places were given back with a refund.
_SEATS: Final = """
SELECT person.id, coalesce(line.price, ticket.price, 0), person.is_discount_applied, code.type, code.value
FROM attendees person
JOIN tickets ticket ON ticket.id = person.ticket_id
LEFT JOIN orders_tickets line ON line.order_id = person.order_id AND line.ticket_id = person.ticket_id
LEFT JOIN discount_codes code ON code.id = person.discount_code_id
WHERE person.order_id = $1 AND (person.deleted_at IS NULL OR EXISTS (
  SELECT FROM refunds given WHERE given.order_id = person.order_id
  AND given.attendee_ids @> to_jsonb(person.id)
))
ORDER BY person.id
"""


def shares_of(session: Session, order_id: int, amount: int) -> dict[int, int]:
    """The share of each attendee in an amount in minor units, by id; they add up to it."""
    weights: dict[int, Fraction] = {}
    for id, price, is_discounted, kind, value in db.fetch(session, _SEATS, [order_id]):
        weights[id] = _price(price, (kind, value) if is_discounted else (None, None))
    return shared(amount, weights)


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


def _price(price: Decimal, code: tuple[str | None, Decimal | None]) -> Fraction:
    kind, value = code
    off = Discount("", kind, value).off(price) if kind is not None and value is not None else Fraction(0)
    return Fraction(price) - off
