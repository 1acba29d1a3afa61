"""Dead ticket codes: why a code that was on a ticket admits nobody, for whoever scans it.

A code is what the QR code of a ticket says: the order's identifier, a dash, the attendee's. A ticket that is
passed on gets another one; who has cancelled one, or whose order has ended, keeps it, in vain.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db
from chalicelib.resources.orders.order import states

TRANSFERRED, CANCELLED, REFUNDED, REMOVED = "transferred", "cancelled", "refunded", "removed"
_SENTENCES: Final = {
    TRANSFERRED: "This code was replaced: the ticket was passed on to somebody else.",
    CANCELLED: "This ticket was cancelled.",
    REFUNDED: "This ticket was refunded.",
    REMOVED: "This ticket was removed.",
}
_ENDED: Final = f"""
SELECT '{TRANSFERRED}', passed.answered_at, passed.attendee_id
FROM orders bought JOIN ticket_transfers passed ON passed.order_id = bought.id
WHERE bought.identifier = $1 AND passed.former_identifier = $2 AND bought.event_id = $3
UNION ALL
SELECT CASE WHEN ended.id IS NOT NULL THEN '{CANCELLED}' WHEN EXISTS (
    SELECT FROM refunds given WHERE given.order_id = bought.id AND given.state <> 'failed'
    AND given.attendee_ids @> to_jsonb(person.id)
  ) THEN '{REFUNDED}' WHEN bought.status IN {states.listed(states.ENDED)} THEN '{CANCELLED}'
  ELSE '{REMOVED}' END,
  coalesce(ended.cancelled_at, person.deleted_at), person.id
FROM orders bought JOIN attendees person ON person.order_id = bought.id
LEFT JOIN ticket_cancellations ended ON ended.attendee_id = person.id
WHERE bought.identifier = $1 AND person.identifier = $2 AND bought.event_id = $3
  AND person.deleted_at IS NOT NULL
LIMIT 1
"""  # noqa: S608 - no user input


@dataclass(frozen=True, slots=True)
class EndedCode:
    """Why and since when a code admits nobody; the attendee whose ticket it was on."""

    reason: str
    since: datetime
    attendee_id: int

    @property
    def sentence(self) -> str:
        """The reason, for people."""
        return _SENTENCES[self.reason]


def ended_code(session: Session, event_id: int, code: str) -> EndedCode | None:
    """Why this code admits nobody to the event any more; None where it is not known to have ended."""
    order, _, attendee = code.strip().rpartition("-")
    rows = db.fetch(session, _ENDED, [order, attendee, event_id])
    return EndedCode(*rows[0]) if rows else None


def ended_ticket(session: Session, attendee_id: int) -> EndedCode | None:
    """The same of an attendee, whose present code it is about: None while they are in no trash."""
    which = (
        "SELECT person.event_id, bought.identifier || '-' || person.identifier FROM attendees person "
        "JOIN orders bought ON bought.id = person.order_id "
        "WHERE person.id = $1 AND person.deleted_at IS NOT NULL"
    )
    rows = db.fetch(session, which, [attendee_id], flush=False)
    return ended_code(session, *rows[0]) if rows else None
