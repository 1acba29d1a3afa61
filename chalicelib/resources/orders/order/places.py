"""Places: what an order is for, and somebody nameless for each ticket of it until the buyer says who comes.

Everything is sent along with the next statement, or with the commit, which raises what is wrong with it.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.orders.attendee.attendee import new_attendee_identifier
from chalicelib.resources.orders.basket.amounts import Line
from chalicelib.resources.orders.basket.basket import Basket

_LINES: Final = """
INSERT INTO orders_tickets (order_id, ticket_id, quantity, price, name)
SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::numeric[], $5::text[])
"""
_PLACES: Final = """
INSERT INTO attendees (event_id, order_id, identifier, ticket_id, discount_code_id, access_code_id,
  is_discount_applied, is_access_code_applied)
SELECT $1, $2, identifier, ticket_id, discount_code_id, access_code_id,
  discount_code_id IS NOT NULL, access_code_id IS NOT NULL
FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
  AS place (identifier, ticket_id, discount_code_id, access_code_id)
"""

Place = tuple[int, int | None, int | None]  # a ticket, and the codes that it was had with


def take_places(session: Session, basket: Basket, *, at_once: bool) -> None:
    """Write the basket's lines and attendees for its order. One too many is refused by the database.

    The attendees go with the commit, unless somebody wants to see them before.
    """
    order_id, lines = basket.sale.order_id, basket.lines
    tickets, quantities = [line.ticket_id for line in lines], [line.quantity for line in lines]
    prices, names = [line.price for line in lines], [line.name for line in lines]
    db.send(session, _LINES, [order_id, tickets, quantities, prices, names])
    places = [place for line in lines for place in _of_line(basket, line)]
    columns = [list(column) for column in zip(*places, strict=True)]
    identifiers = [new_attendee_identifier() for _ in places]
    # Others who want the same wait from here on until this transaction ends.
    send = db.send if at_once else db.send_last
    send(session, _PLACES, [basket.sale.event_id, order_id, identifiers, *columns])


def _of_line(basket: Basket, line: Line) -> Iterator[Place]:
    discount = basket.discount.id if basket.discount else None
    access = basket.access.id if basket.access and line.ticket_id in basket.opened else None
    for number in range(line.quantity):
        yield line.ticket_id, discount if number < line.discounted else None, access
