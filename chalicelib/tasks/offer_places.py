"""Looks at a waiting list when places came free, and lets offers lapse at their deadline.

The database enqueues the look in the transaction that has set the places free.
"""

import math
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, log, outbox, signals
from chalicelib.resources.orders.waiting_list_entry import line, offering
from chalicelib.resources.orders.waiting_list_entry.overdue_offers import LAPSE
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import OFFERED, WaitingListEntry
from chalicelib.tasks.registry import RetryLater, task

# Changes of an attendee or an event after which places may be free for those who wait.
_SETS_FREE: Final = frozenset({"deleted_at", "ticket_id", "ticket", "is_waiting_list_enabled", "state"})
# Tolerated clock skew: a message that arrives earlier is retried.
_SKEW: Final = timedelta(minutes=1)


@task(offering.LOOK)
def offer_places(session: Session, event_id: int) -> None:
    """Offer the event's free places to those who wait for them, some at a time."""
    offering.look_again(session, event_id)


@task(LAPSE)
def lapse_offer(session: Session, entry_id: int) -> None:
    """Let the offer lapse if it is due; nothing if it was answered."""
    entry = session.get(WaitingListEntry, entry_id)
    if entry is None or entry.state != OFFERED or entry.expires_at is None:
        log.info("this offer was answered already", entry_id=entry_id)
        return
    if line.lapse(session, entry_id):
        return
    if clock.now() < entry.expires_at <= clock.now() + _SKEW:
        raise RetryLater(f"the offer {entry_id} is held for a moment yet")


@signals.on("waiting-list-entry.offered")
def _end_the_offer(session: Session, *, id: int, expires_at: datetime, **_payload: object) -> None:
    seconds = math.ceil((expires_at - clock.now()).total_seconds()) + 1
    key = f"{LAPSE}-{id}-{expires_at.timestamp():.0f}"
    outbox.add(session, LAPSE, {"entry_id": id}, key=key, delay=seconds)


@signals.on("ticket.updated")
@signals.on("ticket-pool.updated")
@signals.on("attendee.deleted")
@signals.on("attendee.cancelled")
@signals.on("ticket-exchange.completed")
@signals.on("order.cancelled")
@signals.on("order.expired")
@signals.on("waiting-list-entry.joined")
@signals.on("waiting-list-entry.ended")
def _send_looks(session: Session, **_payload: object) -> None:
    """What the database has enqueued is sent after the commit, also where nothing else was."""
    db.after_commit(session, outbox.relay_what_was_written)


@signals.on("attendee.updated")
@signals.on("event.updated")
def _send_looks_of_change(session: Session, *, changed: list[str], **_payload: object) -> None:
    if not _SETS_FREE.isdisjoint(changed):
        db.after_commit(session, outbox.relay_what_was_written)
