"""Whether tickets were used, and what of their orders decides about changes of attendees.

Asked before seats are released. Whether a ticket admits is decided by the gate (resources/onsite/gate.py).
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.order import states

# Checked in at present: the seat is in use.
_INSIDE: Final = (
    "person.is_checked_in AND NOT person.is_checked_out "
    # or checked in last at a station
    "OR 'check in' = (SELECT place.station_type FROM user_check_ins came JOIN stations place "
    "ON place.id = came.station_id WHERE came.ticket_holder_id = person.id "
    "AND place.station_type IN ('check in', 'check out') ORDER BY came.id DESC LIMIT 1)"
)
# The ticket was used, even if the attendee has left.
_USED: Final = (
    "person.is_checked_in OR person.is_checked_out OR person.is_registered "
    "OR coalesce(person.checkin_times, '') <> '' OR coalesce(person.register_times, '') <> '' "
    "OR EXISTS (SELECT FROM user_check_ins came WHERE came.ticket_holder_id = person.id) "
    # or somebody came to the event online
    "OR EXISTS (SELECT FROM virtual_check_ins came WHERE came.ticket_holder_id = person.id)"
)
_EXCHANGED: Final = f"""
SELECT 1 FROM ticket_exchanges swap JOIN orders bought ON bought.id = swap.new_order_id
WHERE swap.attendee_id = $1 AND swap.completed_at IS NULL AND bought.status IN {states.listed(states.HELD)}
LIMIT 1
"""  # noqa: S608 - no user input
_ORDER_SNAPSHOT: Final = """
SELECT bought.user_id, bought.profile_id, bought.status, bought.is_invitation, bought.credit_minor IS NOT NULL
FROM orders bought WHERE bought.id = $1
"""


class OrderSnapshot(NamedTuple):
    """Fields of the order needed to judge a change of an attendee."""

    buyer_id: int | None
    profile_id: int | None
    status: str
    is_invitation: bool = False
    # Who comes is known by the ticket that it replaces.
    is_exchange: bool = False

    @property
    def is_open(self) -> bool:
        """Whether its buyer says who comes."""
        return self.status == states.INITIALIZING and not self.is_exchange

    @property
    def is_sold(self) -> bool:
        """Whether who comes was said, and changes by the rules of the event alone."""
        is_begun = self.is_exchange and self.status == states.INITIALIZING
        return self.status in states.ADMITTING or is_begun


def order_snapshot(context: Context, order_id: int | None) -> OrderSnapshot:
    """Load these fields. Lock the order first, so that they stay true until the end of the transaction."""
    rows = db.fetch(context.session, _ORDER_SNAPSHOT, [order_id], flush=False)
    return OrderSnapshot(*rows[0]) if rows else OrderSnapshot(None, None, states.INITIALIZING)


def is_inside(context: Context, attendee: Any) -> bool:
    """Whether the attendee is checked in, and not checked out."""
    if attendee.is_checked_in and not attendee.is_checked_out:
        return True
    select_inside = f"SELECT ({_INSIDE}) FROM attendees person WHERE person.id = $1"  # noqa: S608 - no user input
    return bool(db.fetch(context.session, select_inside, [attendee.id], flush=False)[0][0])


def is_anybody_inside(session: Session, order_id: int) -> bool:
    """Whether an attendee of the order is checked in, and not checked out."""
    return _any(session, order_id, _INSIDE)


def demand_nobody_inside(context: Context, order_id: int, pointer: str | None) -> None:
    """Raise Problem 409 while an attendee of the order is checked in."""
    if is_anybody_inside(context.session, order_id):
        raise conflict("Somebody has checked in with this order: check them out first.", pointer)


def demand_nothing_used(context: Context, order_id: int, pointer: str | None) -> None:
    """Raise Problem 409 if a ticket of the order was ever used for check-in."""
    if _any(context.session, order_id, _USED):
        raise conflict("A ticket of this order was used for check-in: ask the event's team.", pointer)


def demand_none_used(context: Context, order_id: int, ids: Sequence[int], pointer: str | None) -> None:
    """Raise Problem 409 if one of these tickets of the order was ever used for check-in."""
    if _any(context.session, order_id, f"person.id = ANY($2::bigint[]) AND ({_USED})", [*ids]):
        raise conflict("One of these tickets was used for check-in: ask the event's team.", pointer)


def was_used(session: Session, order_id: int, attendee_id: int) -> bool:
    """Whether this ticket of the order was ever used for check-in."""
    return _any(session, order_id, f"person.id = $2 AND ({_USED})", attendee_id)


def is_being_exchanged(session: Session, attendee_id: int) -> bool:
    """Whether an exchange of the ticket was begun, and waits for its payment: who comes is copied by then."""
    return bool(db.fetch(session, _EXCHANGED, [attendee_id], flush=False))


def _any(session: Session, order_id: int, condition: str, *values: object) -> bool:
    rows = db.fetch(
        session,
        "SELECT EXISTS (SELECT FROM attendees person WHERE person.order_id = $1 "  # noqa: S608 - no user input
        f"AND person.deleted_at IS NULL AND ({condition}))",
        [order_id, *values],
        flush=False,
    )
    return bool(rows[0][0])
