"""What a buyer has in linked orders: one that others were added to, and these.

Limits of an order hold for all of them together.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from chalicelib import db

_LINKED: Final = """
SELECT person.ticket_id, person.discount_code_id, person.access_code_id, count(*)
FROM orders bought JOIN attendees person ON person.order_id = bought.id AND person.deleted_at IS NULL
WHERE (bought.id = $1 OR bought.added_to_id = $1) AND person.id <> $2
GROUP BY person.ticket_id, person.discount_code_id, person.access_code_id
"""
_LOCK: Final = "SELECT id FROM orders WHERE id = $1 FOR UPDATE"


@dataclass(frozen=True, slots=True)
class BoughtBefore:
    """How many of each ticket, and how many with each code, by ids."""

    tickets: Mapping[int, int] = field(default_factory=dict)
    discounted: Mapping[int, int] = field(default_factory=dict)
    accessed: Mapping[int, int] = field(default_factory=dict)


NOTHING: Final = BoughtBefore()


def first_of(order: Any) -> int:
    """The id of the first of the linked orders."""
    return int(order.added_to_id or order.id)


def bought_before(session: Session, first_id: int, *, locked: bool = True, without: int = 0) -> BoughtBefore:
    """What is in the linked orders, of which this is the first, but for the attendee that is replaced.

    It stays true as long as the first one is `locked`, which is locked after the others: whoever adds to any
    of the linked orders, or exchanges a ticket of theirs, waits here.
    """
    if locked:
        db.fetch(session, _LOCK, [first_id])
    tickets: Counter[int] = Counter()
    discounted: Counter[int] = Counter()
    accessed: Counter[int] = Counter()
    for ticket_id, discount_id, access_id, number in db.fetch(session, _LINKED, [first_id, without]):
        tickets[ticket_id] += number
        for id, counted in ((discount_id, discounted), (access_id, accessed)):
            if id is not None:
                counted[id] += number
    return BoughtBefore(tickets, discounted, accessed)
