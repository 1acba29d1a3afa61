"""Limit of seats that one account may reserve at an event in unfinished orders.

Lower for unverified accounts, which cost nothing to create. The event's team and staff have no limit.
Finished orders do not count; reservations expire.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.basket.basket import Basket
from chalicelib.resources.orders.order.states import HELD, listed
from chalicelib.settings import settings

# Serializes concurrent orders of one buyer, so that both are counted.
_ONE_BY_ONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('places held by ' || $1, 0))"
_HELD: Final = f"""
SELECT count(*) FROM orders
JOIN attendees ON attendees.order_id = orders.id AND attendees.deleted_at IS NULL
WHERE orders.user_id = $1 AND orders.status IN {listed(HELD)} AND orders.expires_at > $3
  AND orders.event_id IN (SELECT event_id FROM tickets WHERE id = ANY ($2::bigint[]))
"""  # noqa: S608 - no user input


@dataclass(frozen=True, slots=True)
class HeldByOne:
    """The buyer's current reservations, once the next statement was executed."""

    context: Context
    answer: Any

    def demand_room(self, basket: Basket) -> None:
        """Raise Problem 409 if the basket would exceed the limit."""
        viewer, most = self.context.viewer, _most(self.context)
        if self.answer is None or viewer.is_staff or viewer.has_role(COORGANIZERS, basket.sale.event_id):
            return
        ((reserved,),) = self.answer.rows
        if reserved + sum(line.quantity for line in basket.lines) <= most:
            return
        more = "" if viewer.is_verified else " before its e-mail address is verified"
        left = f"; {reserved} are held already by orders that are not finished" if reserved else ""
        raise conflict(f"An account holds {most} places of an event at most{more}{left}.", "/tickets")


def held_by_one(context: Context, ticket_ids: Iterable[int]) -> HeldByOne:
    """Queue the count of the viewer's reservations at the event of these tickets with the next statement."""
    if not _most(context):
        return HeldByOne(context, None)
    db.enqueue(context.session, _ONE_BY_ONE, [str(context.viewer.id)])
    values = [context.viewer.id, list(ticket_ids), clock.now()]
    return HeldByOne(context, db.enqueue(context.session, _HELD, values))


def _most(context: Context) -> int:
    """The limit; 0 for none."""
    if not settings().limits:
        return 0
    return settings().held_places if context.viewer.is_verified else settings().held_places_unverified
