"""Capacities of tickets and codes: raised to what was sold, since everybody with a ticket comes."""

from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chalicelib import db

# Our table, its column with the capacity, and its column in stocks.
_STOCKED: Final = (
    ("tickets", "quantity", "ticket_id"),
    ("ticket_pools", "quantity", "pool_id"),
    ("discount_codes", "tickets_number", "discount_code_id"),
    ("access_codes", "tickets_number", "access_code_id"),
)
_OF_STOCK: Final = "SELECT ticket_id, pool_id, discount_code_id, access_code_id FROM stocks WHERE id = $1"


def grow(session: Session, problem: DBAPIError) -> None:
    """Raise the capacity that was exceeded by one seat. The error's detail is the id of the stock."""
    stock = int(problem.orig.args[0]["D"]) if problem.orig is not None else 0
    owners = db.fetch(session, _OF_STOCK, [stock])[0]
    for (table, capacity, _key), id in zip(_STOCKED, owners, strict=True):
        if id is not None:
            places = f'UPDATE "{table}" SET {capacity} = s.taken + 1 FROM stocks s '  # noqa: S608
            db.fetch(session, f'{places} WHERE "{table}".id = $1 AND s.id = $2', [id, stock])


def taken(session: Session, table: str, id: int) -> int:
    """How many seats of a ticket or uses of a code are taken."""
    key = next(key for stocked, _, key in _STOCKED if stocked == table)
    return int(db.fetch(session, f"SELECT taken FROM stocks WHERE {key} = $1", [id])[0][0])  # noqa: S608
