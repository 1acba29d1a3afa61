"""Inserts the lines of an order, and one blank attendee per seat, which reserves it.

Everything is queued with the next statement, or with the commit, which raises its errors.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.identifiers import new_attendee_identifier
from chalicelib.resources.orders.basket.amounts import Line
from chalicelib.resources.orders.basket.basket import Basket

_LINES: Final = """
INSERT INTO orders_tickets (order_id, ticket_id, quantity, price, name, tax_rate, discount)
SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::numeric[], $5::text[], $6::numeric[], $7::numeric[])
"""
_PLACES: Final = """
INSERT INTO attendees (event_id, order_id, identifier, ticket_id, discount_code_id, access_code_id,
  is_discount_applied, is_access_code_applied{column})
SELECT $1, $2, identifier, ticket_id, discount_code_id, access_code_id,
  discount_code_id IS NOT NULL, access_code_id IS NOT NULL{value}
FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
  AS place (identifier, ticket_id, discount_code_id, access_code_id)
"""
_HELD: Final = _PLACES.format(column="", value="")
# Not counted: the place is another ticket's until that is given up.
_NOT_HELD: Final = _PLACES.format(column=", deleted_at", value=", now()")

Place = tuple[int, int | None, int | None]  # (ticket id, discount code id, access code id)


def reserve_seats(session: Session, basket: Basket, *, at_once: bool, is_held: bool = True) -> None:
    """Insert the basket's lines and attendees. The database refuses an attendee over capacity.

    The attendees are sent with the commit, or `at_once` if they are needed before. Not `is_held`: they are in
    the trash, and count nowhere, until the place is there that they are to have.
    """
    order_id, lines = basket.sale.order_id, basket.lines
    tickets, quantities = [line.ticket_id for line in lines], [line.quantity for line in lines]
    prices, names = [line.price for line in lines], [line.name for line in lines]
    rates = [line.tax_rate for line in lines]
    off = [line.off for line in lines]
    db.enqueue(session, _LINES, [order_id, tickets, quantities, prices, names, rates, off])
    places = [place for line in lines for place in _of_line(basket, line)]
    columns = [list(column) for column in zip(*places, strict=True)]
    identifiers = [new_attendee_identifier() for _ in places]
    # From here on, orders of the same tickets wait for this transaction.
    send = db.enqueue if at_once else db.enqueue_for_commit
    send(session, _HELD if is_held else _NOT_HELD, [basket.sale.event_id, order_id, identifiers, *columns])


def _of_line(basket: Basket, line: Line) -> Iterator[Place]:
    discount = basket.discount.id if basket.discount else None
    access = basket.access.id if basket.access and line.ticket_id in basket.unlocked_ticket_ids else None
    for number in range(line.quantity):
        yield line.ticket_id, discount if number < line.discounted else None, access
