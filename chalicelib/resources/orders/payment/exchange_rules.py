"""Whether a ticket may be exchanged, and for which one: by the event's rules, or by its team.

Asked before an exchange is quoted, and again with the order locked.
"""

from typing import Final

from chalicelib import clock, db
from chalicelib.auth.roles import ORGANIZERS
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.events.event.after_purchase import DATES, OFF
from chalicelib.resources.orders.attendee.admission import demand_none_used, is_being_exchanged
from chalicelib.resources.orders.attendee.attendee import Attendee
from chalicelib.resources.orders.basket.basket import Basket
from chalicelib.resources.orders.order import states
from chalicelib.resources.orders.order.table import Order

TICKET: Final = "/ticket"
_RULES: Final = """
SELECT event.ticket_exchange, least(coalesce(event.ticket_exchange_ends_at, event.starts_at), event.ends_at),
  event.ends_at, event.deleted_at IS NULL, kind.is_exchangeable, kind.pool_id
FROM events event JOIN tickets kind ON kind.event_id = event.id WHERE kind.id = $1
"""
_SAME_OWNER: Final = """
SELECT 1 FROM users_events_roles here JOIN users_events_roles there ON there.user_id = here.user_id
  AND there.role_id = here.role_id
JOIN roles role ON role.id = here.role_id AND role.name = 'owner'
WHERE here.event_id = $1 AND there.event_id = $2 LIMIT 1
"""
_ASKED: Final = """
SELECT 1 FROM refund_requests asked WHERE asked.order_id = $1 AND asked.state = 'requested'
AND asked.attendee_ids @> to_jsonb($2::bigint) LIMIT 1
"""
_IS_TEST: Final = "SELECT is_test_mode FROM events WHERE id = $1"


def demand_exchangeable(context: Context, order: Order, attendee: Attendee, *, by_team: bool) -> int | None:
    """The pool of the ticket, if it has one. Raises Problem 409 where the ticket cannot be exchanged."""
    session = context.session
    if order.status != states.COMPLETED:
        raise conflict(f"The order is {order.status}: a ticket is exchanged once it is paid.", "/data")
    if attendee.deleted_at is not None:
        raise conflict("This ticket was cancelled or removed.", "/data")
    rules = db.fetch(session, _RULES, [attendee.ticket_id])[0]
    exchange, until, is_over_at, is_there, is_exchangeable, pool_id = rules
    if not is_there or (exchange == OFF and not by_team):
        raise conflict("Tickets of this event are not exchanged: ask its organizers.", "/data")
    if not is_exchangeable and not by_team:
        raise conflict("This kind of ticket is not exchanged: ask the event's organizers.", "/data")
    if (is_over_at if by_team else until) <= clock.now():
        raise conflict("It is too late: tickets of this event are not exchanged any more.", "/data")
    demand_none_used(context, order.id, [attendee.id], "/data")
    if db.fetch(session, _ASKED, [order.id, attendee.id]):
        raise conflict("A refund of this ticket is asked for: that is decided first.", "/data")
    if is_being_exchanged(session, attendee.id):
        raise conflict("This ticket is being exchanged: pay for, or cancel, that order first.", "/data")
    return pool_id if pool_id is None else int(pool_id)


def demand_goal(context: Context, order: Order, basket: Basket, ticket_id: int, *, by_team: bool) -> None:
    """Raise Problem 409 unless the event exchanges its tickets for this one; organizers may, for those of all
    their events.
    """
    session = context.session
    exchange, _, _, _, is_exchangeable, _ = db.fetch(session, _RULES, [ticket_id])[0]
    if not is_exchangeable and not by_team:
        raise conflict("That kind of ticket is not taken in exchange: ask the organizers.", TICKET)
    if bool(db.fetch(session, _IS_TEST, [basket.sale.event_id])[0][0]) != order.is_test:
        raise conflict("Tickets are not exchanged into test mode, or out of it.", TICKET)
    goal_id = basket.sale.event_id
    if goal_id == order.event_id or (by_team and context.viewer.has_role(ORGANIZERS, goal_id)):
        return
    own = db.fetch(session, "SELECT ticket_exchange FROM events WHERE id = $1", [order.event_id])[0][0]
    both = own == exchange == DATES
    if not both or not db.fetch(session, _SAME_OWNER, [order.event_id, goal_id]):
        raise conflict("Tickets of this event are not exchanged for those of that one.", TICKET)
