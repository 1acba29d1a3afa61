"""Whose answers an order does without: attendees of group orders who are asked by a link and answer later."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.orders.form_request import ASKED

_EXCUSED: Final = f"""
SELECT wanted.attendee_id FROM form_requests wanted JOIN events event ON event.id = wanted.event_id
WHERE wanted.order_id = $1 AND wanted.state = '{ASKED}' AND event.is_group_order_enabled
UNION ALL
SELECT comes.id FROM ticket_exchanges swap JOIN form_requests wanted ON wanted.attendee_id = swap.attendee_id
JOIN events event ON event.id = wanted.event_id JOIN attendees comes ON comes.order_id = swap.new_order_id
WHERE swap.new_order_id = $1 AND swap.event_id = comes.event_id AND wanted.state = '{ASKED}'
  AND event.is_group_order_enabled
"""  # noqa: S608 - no user input


def excused(session: Session, order_id: int) -> set[int]:
    """The ids of the order's attendees who are asked, perhaps by the ticket that is exchanged for theirs, as
    long as the event allows it.
    """
    return {id for (id,) in db.fetch(session, _EXCUSED, [order_id], flush=False)}
