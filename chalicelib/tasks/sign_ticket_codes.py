"""Signs the codes of an event's tickets, a batch after the other; idempotent, as signed ones are left out."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db, outbox, signals
from chalicelib.tasks.registry import task
from chalicelib.tasks.signed_codes import sign_codes

NAME: Final = "sign_ticket_codes"
_BATCH: Final = 1000
_EVENT_OF: Final = {
    "order": (
        "SELECT event.id FROM orders bought JOIN events event ON event.id = bought.event_id "
        "WHERE bought.id = $1 AND event.ticket_code = 'signed'"
    ),
    "attendee": (
        "SELECT event.id FROM attendees person JOIN events event ON event.id = person.event_id "
        "WHERE person.id = $1 AND event.ticket_code = 'signed'"
    ),
    "event": "SELECT id FROM events WHERE id = $1 AND ticket_code = 'signed'",
}


@task(NAME)
def sign_ticket_codes(session: Session, event_id: int, after: int = 0) -> None:
    """Sign what is not signed yet, and go on by a message of its own."""
    signed = sign_codes(session, event_id, after=after, most=_BATCH)
    if len(signed) == _BATCH:
        outbox.add(session, NAME, {"event_id": event_id, "after": signed[-1]})


@signals.on("event.updated")
def _when_event_has_them(session: Session, *, id: int, changed: list[str], **_payload: object) -> None:
    if "ticket_code" in changed:
        _begin(session, "event", id)


@signals.on("order.completed")
def _when_completed(session: Session, *, id: int, **_payload: object) -> None:
    _begin(session, "order", id)


@signals.on("order.placed")
def _when_placed(session: Session, *, id: int, **_payload: object) -> None:
    _begin(session, "order", id)


@signals.on("attendee.code_replaced")
def _when_replaced(session: Session, *, id: int, **_payload: object) -> None:
    _begin(session, "attendee", id)


def _begin(session: Session, of: str, id: int) -> None:
    for (event_id,) in db.fetch(session, _EVENT_OF[of], [id]):
        outbox.add(session, NAME, {"event_id": event_id})
