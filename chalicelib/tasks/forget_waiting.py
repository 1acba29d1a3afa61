"""Erasure: whoever deletes their account waits no more, and is on no waiting list."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db, outbox, signals
from chalicelib.resources.orders.waiting_list_entry import line
from chalicelib.tasks.registry import task

NAME: Final = "forget_waiting"
_EVENTS: Final = """
SELECT DISTINCT entry.event_id FROM waiting_list_entries entry
JOIN users account ON account.id = entry.user_id AND account.deleted_at IS NOT NULL
WHERE entry.user_id = $1 ORDER BY entry.event_id
"""
_FORGET: Final = "DELETE FROM waiting_list_entries WHERE user_id = $1 AND event_id = ANY ($2::bigint[])"


@task(NAME)
def forget_waiting(session: Session, user_id: int) -> None:
    """Delete the entries of a deleted account; what is held for it goes to who is next."""
    events = [event_id for (event_id,) in db.fetch(session, _EVENTS, [user_id])]
    for event_id in events:
        line.lock(session, event_id)
    db.fetch(session, _FORGET, [user_id, events])
    db.after_commit(session, outbox.relay_what_was_written)


@signals.on("user.deleted")
def _account_is_deleted(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"user_id": id})
