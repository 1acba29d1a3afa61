"""Limit of seats that one buyer may reserve at an event in unfinished orders.

Lower for unverified accounts, which cost nothing to create, and for those who buy without one: they are
counted by their address and by their IP address. The event's team and staff have no limit. Finished orders do
not count; reservations expire.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import clock, db
from chalicelib.auth.roles import COORGANIZERS
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits import scopes
from chalicelib.limits.limit import Subject, digest
from chalicelib.resources.orders.basket.basket import Basket
from chalicelib.resources.orders.order.states import HELD, listed
from chalicelib.settings import settings

# Serializes concurrent orders of one buyer, so that both are counted; in one order, as there may be two keys.
_ONE_BY_ONE: Final = """
SELECT pg_advisory_xact_lock(key) FROM (
  SELECT hashtextextended('places held by ' || who, 0) AS key FROM unnest($1::text[]) AS whose (who)
  ORDER BY key
) keys
"""
_SEATS: Final = f"""
FROM orders
JOIN attendees ON attendees.order_id = orders.id AND attendees.deleted_at IS NULL
WHERE orders.status IN {listed(HELD)} AND orders.expires_at > $2
  AND orders.event_id IN (SELECT event_id FROM tickets WHERE id = ANY ($1::bigint[])) AND
"""  # noqa: S608 - no user input
_HELD: Final = f"SELECT count(*) {_SEATS} orders.user_id = $3"
_HELD_BY_GUEST: Final = f"""
SELECT greatest(
  count(*) FILTER (WHERE lower(orders.guest_email) = lower($3)),
  count(*) FILTER (WHERE orders.guest_source = $4::text)
) {_SEATS} (lower(orders.guest_email) = lower($3) OR orders.guest_source = $4::text)
"""


@dataclass(frozen=True, slots=True)
class HeldByOne:
    """The buyer's current reservations, once the next statement was executed; `most` seats are allowed."""

    context: Context
    answer: Any
    most: int

    def demand_room(self, basket: Basket) -> None:
        """Raise Problem 409 if the basket would exceed the limit."""
        viewer, most = self.context.viewer, self.most
        if self.answer is None or viewer.is_staff or viewer.has_role(COORGANIZERS, basket.sale.event_id):
            return
        ((reserved,),) = self.answer.rows
        if reserved + sum(line.quantity for line in basket.lines) <= most:
            return
        left = f"; {reserved} are held already by orders that are not finished" if reserved else ""
        if viewer.id is None:
            who = f"Without an account, {most} places of an event are held at most"
        else:
            more = "" if viewer.is_verified else " before its e-mail address is verified"
            who = f"An account holds {most} places of an event at most{more}"
        raise conflict(f"{who}{left}.", "/tickets")


def held_by_one(context: Context, ticket_ids: Iterable[int]) -> HeldByOne:
    """Queue the count of the viewer's reservations at the event of these tickets with the next statement."""
    most = settings().held_places if context.viewer.is_verified else settings().held_places_unverified
    who, values = [str(context.viewer.id)], [context.viewer.id]
    return _queued(context, most, who, _HELD, [list(ticket_ids), clock.now(), *values])


def held_by_guest(context: Context, email: str, ticket_ids: Iterable[int]) -> HeldByOne:
    """As held_by_one(), of who buys without an account with this address."""
    source = source_of(context)
    who = [scopes.address(email), *([source] if source is not None else [])]
    values = [list(ticket_ids), clock.now(), email, source]
    return _queued(context, settings().held_places_guest, who, _HELD_BY_GUEST, values)


def source_of(context: Context) -> str | None:
    """A digest of the client's IP address, by which those without an account are counted; None without
    one.
    """
    source = scopes.source(Subject(source=context.request.source_ip))
    return None if source is None else digest(f"places held by {source}")


def _queued(context: Context, most: int, who: list[str], sql: str, values: list[object]) -> HeldByOne:
    if not settings().limits or not most:  # 0: unlimited
        return HeldByOne(context, None, most)
    db.enqueue(context.session, _ONE_BY_ONE, [who])
    return HeldByOne(context, db.enqueue(context.session, sql, values), most)
