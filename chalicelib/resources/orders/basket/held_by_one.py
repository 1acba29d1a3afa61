"""How many places one account may hold at an event in orders that are not finished.

Who has not shown that the e-mail address is theirs holds fewer: such an account costs nothing to make. The
event's team and staff hold any number. Places that are had at last do not count, and come back by expiry.
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

# Whoever orders twice at once waits here, so that both are counted.
_ONE_BY_ONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('places held by ' || $1, 0))"
_HELD: Final = f"""
SELECT count(*) FROM orders
JOIN attendees ON attendees.order_id = orders.id AND attendees.deleted_at IS NULL
WHERE orders.user_id = $1 AND orders.status IN {listed(HELD)} AND orders.expires_at > $3
  AND orders.event_id IN (SELECT event_id FROM tickets WHERE id = ANY ($2::bigint[]))
"""  # noqa: S608 - no user input


@dataclass(frozen=True, slots=True)
class HeldByOne:
    """What a buyer holds already, once the next statement was answered."""

    context: Context
    answer: Any

    def demand_room(self, basket: Basket) -> None:
        """Raise Problem 409 where this would be too many places for one account."""
        viewer, most = self.context.viewer, _most(self.context)
        if self.answer is None or viewer.is_staff or viewer.holds(COORGANIZERS, basket.sale.event_id):
            return
        ((held,),) = self.answer.rows
        if held + sum(line.quantity for line in basket.lines) <= most:
            return
        more = "" if viewer.is_verified else " before its e-mail address is verified"
        left = f"; {held} are held already by orders that are not finished" if held else ""
        raise conflict(f"An account holds {most} places of an event at most{more}{left}.", "/tickets")


def held_by_one(context: Context, ticket_ids: Iterable[int]) -> HeldByOne:
    """Ask what the viewer holds at the event of these tickets, along with the next statement."""
    if not _most(context):
        return HeldByOne(context, None)
    db.send(context.session, _ONE_BY_ONE, [str(context.viewer.id)])
    asked = [context.viewer.id, list(ticket_ids), clock.now()]
    return HeldByOne(context, db.send(context.session, _HELD, asked))


def _most(context: Context) -> int:
    """How many it may be; 0 for any number."""
    if not settings().limits:
        return 0
    return settings().held_places if context.viewer.is_verified else settings().held_places_unverified
