"""Test mode of an event: what is ordered meanwhile is paid with test keys, and never counted."""

from typing import Final

from chalicelib import clock, db
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.jsonapi.model.change import Change
from chalicelib.jsonapi.model.context import Context
from chalicelib.resources.orders.order.states import HELD, PLACED, listed

_POINTER: Final = "/data/attributes/is-test-mode"
_UNFINISHED: Final = f"""
SELECT count(*) FROM orders WHERE event_id = $1 AND (
  status = '{PLACED}' OR (status IN {listed(HELD)} AND (expires_at IS NULL OR expires_at > $2))
)
"""  # noqa: S608 - no user input
_GIVE_BACK: Final = """
UPDATE attendees SET deleted_at = $2 FROM orders tried
WHERE attendees.event_id = $1 AND attendees.deleted_at IS NULL
AND tried.id = attendees.order_id AND tried.is_test
"""


def finish_orders_first(context: Context, change: Change) -> None:
    """Hook: the mode stays while orders are unfinished, so that none is paid in another than it was made in.

    The event's row is locked, as whoever orders locks it too.
    """
    if change.is_new or "is_test_mode" not in change.before:
        return
    event_id = change.row.id
    db.fetch(context.session, "SELECT FROM events WHERE id = $1 FOR UPDATE", [event_id], flush=False)
    unfinished = db.fetch(context.session, _UNFINISHED, [event_id, clock.now()], flush=False)[0][0]
    if unfinished:
        raise conflict(
            f"{unfinished} orders are neither completed nor cancelled: the mode stays until they are.",
            _POINTER,
        )


def give_back_what_was_tried(context: Context, change: Change) -> None:
    """Hook: when test mode ends, the places of test orders are given back: their tickets admit nobody."""
    if change.before.get("is_test_mode") and not change.row.is_test_mode:
        db.fetch(context.session, _GIVE_BACK, [change.row.id, clock.now()])
