"""Rules of sign-ups: who may sign up for which session and when, and what may change afterwards.

Everybody joins the waiting line of the session. The database gives places to those who are first in it, in
the same transaction: at once while there are places, later when one comes back (the function `move_up`).
"""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib import clock, db
from chalicelib.jsonapi.ground.errors import Problem, conflict, forbidden, invalid
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.write.changing import SET_LOCK_TIMEOUT
from chalicelib.resources.orders.order import states as orders
from chalicelib.resources.programme.session.states import PUBLIC

WAITING, CONFIRMED, CANCELLED = "waiting", "confirmed", "cancelled"
STATES: Final = (WAITING, CONFIRMED, CANCELLED)
_SESSION, _ATTENDEE = "/data/relationships/session", "/data/relationships/attendee"
_STATE: Final = "/data/attributes/state"
# The order of locks is that of whoever cancels an order: order, attendee, sessions.
_LOCKS: Final = (
    "SELECT id FROM orders WHERE id = (SELECT order_id FROM attendees WHERE id = $1::bigint) FOR SHARE",
    "SELECT id FROM attendees WHERE id = $1::bigint FOR NO KEY UPDATE",
)
_LOCK_SESSION: Final = "SELECT id FROM sessions WHERE id = $1::bigint FOR NO KEY UPDATE"
_OTHERS: Final = """
FROM session_sign_ups other JOIN sessions busy ON busy.id = other.session_id
WHERE other.attendee_id = attendee.id AND other.state <> 'cancelled'
"""
_FACTS: Final = f"""
SELECT json_build_object(
  'event_id', talk.event_id, 'is_there', talk.deleted_at IS NULL AND event.deleted_at IS NULL,
  'state', talk.state, 'places', talk.sign_up_places, 'zone', event.timezone,
  'opens', talk.sign_up_opens_at > $3::timestamptz,
  'closed', least(talk.sign_up_closes_at, talk.starts_at) <= $3::timestamptz,
  'is_of_event', attendee.event_id = talk.event_id,
  'admits', attendee.deleted_at IS NULL AND EXISTS (
    SELECT FROM orders bought WHERE bought.id = attendee.order_id AND {orders.admits("bought", "event")}),
  'has_ticket', NOT EXISTS (SELECT FROM sessions_sign_up_tickets kind WHERE kind.session_id = talk.id)
    OR EXISTS (SELECT FROM sessions_sign_up_tickets kind
               WHERE kind.session_id = talk.id AND kind.ticket_id = attendee.ticket_id),
  'busy', (SELECT busy.title {_OTHERS} AND busy.id <> talk.id AND busy.deleted_at IS NULL
           AND busy.state IN {PUBLIC} AND busy.starts_at < talk.ends_at AND busy.ends_at > talk.starts_at
           AND NOT busy.is_sign_up_overlap_allowed AND NOT talk.is_sign_up_overlap_allowed
           ORDER BY busy.starts_at, busy.id LIMIT 1),
  'is_in', EXISTS (SELECT {_OTHERS} AND busy.id = talk.id),
  'is_full', (SELECT count(*) {_OTHERS} AND busy.event_id = event.id AND busy.deleted_at IS NULL
              AND busy.state IN {PUBLIC}) >= event.sign_ups_per_attendee,
  'most', event.sign_ups_per_attendee
) FROM sessions talk JOIN events event ON event.id = talk.event_id, attendees attendee
WHERE talk.id = $1::bigint AND attendee.id = $2::bigint
"""  # noqa: S608 - texts of this file


def join_the_line(context: Context, change: Change) -> None:
    """A new sign-up waits until the database gives it a place; whoever may not join is refused."""
    row = change.row
    if not change.is_new:
        return
    if change.sent.get("state") not in (None, WAITING):
        raise invalid("A new sign-up has no state: it gets a place, or waits for one.", _STATE)
    row.state = WAITING
    db.enqueue(context.session, SET_LOCK_TIMEOUT)
    for lock in _LOCKS:
        db.enqueue(context.session, lock, [row.attendee_id])
    db.enqueue(context.session, _LOCK_SESSION, [row.session_id])
    facts = db.fetch(context.session, _FACTS, [row.session_id, row.attendee_id, clock.now()], flush=False)[0][
        0
    ]
    row.event_id = facts["event_id"]
    refusal = _refusal(facts)
    if refusal is not None:
        raise refusal
    row.created_at = clock.now()


def stay_as_it_was_made(_context: Context, change: Change) -> None:
    """A sign-up stays that of its attendee for its session, and can only be cancelled."""
    row, before = change.row, change.before
    if change.is_new:
        return
    for name, pointer in (("session_id", _SESSION), ("attendee_id", _ATTENDEE)):
        if name in before:
            raise forbidden("A sign-up stays as it was made: cancel it, and make another one.", pointer)
    if "state" not in before:
        return
    if row.state != CANCELLED:
        detail = "A sign-up can only be cancelled; who has cancelled signs up again, at the end of the line."
        raise conflict(detail, _STATE)
    row.cancelled_at = clock.now()


def _refusal(facts: Mapping[str, Any]) -> Problem | None:
    if not facts["is_of_event"]:
        return invalid("The attendee has a ticket of another event than the session's.", _ATTENDEE)
    of_session = (
        (facts["places"] is None, "There is no sign-up for this session."),
        (not facts["is_there"] or facts["state"] not in PUBLIC, "The session is not on the programme."),
        (facts["opens"], "Sign-up for this session has not begun."),
        (facts["closed"], "Sign-up for this session is over."),
        (facts["is_in"], "The attendee has signed up for this session already."),
        (facts["busy"], f"The attendee has signed up for another session at this time: {facts['busy']}."),
    )
    of_attendee = (
        (not facts["admits"], "The attendee's ticket admits nobody: the order is not placed or completed."),
        (not facts["has_ticket"], "Nobody with this kind of ticket may sign up for this session."),
        (facts["is_full"], f"The attendee has signed up for {facts['most']} sessions, which is the most."),
    )
    for pointer, refusals in ((_ATTENDEE, of_attendee[:2]), (_SESSION, of_session), (_ATTENDEE, of_attendee)):
        for applies, sentence in refusals:
            if applies:
                return conflict(sentence, pointer)
    return None
