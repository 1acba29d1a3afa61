"""Whose answers an order does without: attendees of group orders who are asked by a link and answer later."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.orders.form_request import ASKED

_EXCUSED: Final = f"""
SELECT wanted.attendee_id FROM form_requests wanted JOIN events event ON event.id = wanted.event_id
WHERE wanted.order_id = $1 AND wanted.state = '{ASKED}' AND event.is_group_order_enabled
"""  # noqa: S608 - no user input


def excused(session: Session, order_id: int) -> set[int]:
    """The ids of the order's attendees who are asked, as long as the event allows it."""
    return {id for (id,) in db.fetch(session, _EXCUSED, [order_id], flush=False)}
