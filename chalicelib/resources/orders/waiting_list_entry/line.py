"""The line of an event: locked by whoever changes it, so that it is looked at by one at a time.

The order of locks is that of the line, entry, stock. Who sets places free locks stock alone, and enqueues a
look at the line, which is another transaction.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chalicelib import clock, db, signals
from chalicelib.jsonapi.ground.errors import conflict
from chalicelib.resources.identifiers import hash_of
from chalicelib.resources.orders.waiting_list_entry.waiting_list_entry import (
    ACTIVE,
    LAPSED,
    OFFERED,
    UNVERIFIED,
    WAITING,
    WaitingListEntry,
)

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('waiting list of event ' || $1::bigint, 0))"
_KEPT: Final = ("event_id", "user_id", "name", "email", "takes_fewer", "mail_language")
_SAME_KINDS: Final = """
INSERT INTO waiting_list_entries_tickets (waiting_list_entry_id, ticket_id)
SELECT $1, ticket_id FROM waiting_list_entries_tickets WHERE waiting_list_entry_id = $2
"""
_LOOKS: Final = "SELECT set_config('waiting_list.looks', $1, true)"


def lock(session: Session, event_id: int) -> None:
    """Lock the event's line until the end of the transaction."""
    db.fetch(session, _LOCK, [event_id])


def looks(session: Session, *, on: bool) -> None:
    """Whether places that this transaction sets free are kept for the line, and looked at by a task.

    While it is on they are not: it looks itself, or exchanges the places of an offer for those of an order.
    """
    db.fetch(session, _LOOKS, ["on" if on else ""])


def locked(session: Session, entry_id: int) -> WaitingListEntry:
    """The entry, its line and itself locked, as it is now."""
    lock(session, session.get_one(WaitingListEntry, entry_id).event_id)
    return session.get_one(WaitingListEntry, entry_id, with_for_update=True, populate_existing=True)


def entry_of(session: Session, secret: str) -> WaitingListEntry | None:
    """The entry whose mailed links have this secret, whatever its state."""
    hashed = hash_of(secret)
    which = or_(WaitingListEntry.hash == hashed, WaitingListEntry.offer_hash == hashed)
    return session.scalars(select(WaitingListEntry).where(which)).one_or_none()


def demand_active(entry: WaitingListEntry, *states: str, pointer: str = "/data") -> None:
    """Raise Problem 409 unless the entry is in one of the states, and its offer has not lapsed."""
    if entry.state not in (states or ACTIVE):
        raise conflict(f"This entry of the waiting list is {entry.state}.", pointer)
    if is_lapsed(entry, clock.now()):
        raise conflict("This offer has lapsed.", pointer)


def is_lapsed(entry: WaitingListEntry, now: datetime) -> bool:
    """Whether the places of the offer are not held any more, or will not be in a moment."""
    return entry.state == OFFERED and entry.expires_at is not None and entry.expires_at <= now


def begin_waiting(session: Session, entry: WaitingListEntry) -> None:
    """Put the entry, whose address is verified, at the end of the line."""
    entry.state, entry.joined_at = WAITING, clock.now()
    session.flush()


def finish(session: Session, entry: WaitingListEntry, state: str) -> None:
    """The entry waits no more. The database takes back the places that it holds."""
    entry.state, entry.ended_at, entry.gathers_since = state, clock.now(), None
    session.flush()


def wait_for_rest(session: Session, entry: WaitingListEntry) -> None:
    """Whoever has claimed fewer places than they wait for waits on for the others, where they are in line."""
    rest = entry.quantity - (entry.offered_quantity or 0)
    if rest <= 0:
        return
    kept = {name: getattr(entry, name) for name in _KEPT}
    other = WaitingListEntry(**kept, quantity=rest, state=UNVERIFIED, joined_at=entry.joined_at)
    session.add(other)
    session.flush()
    db.fetch(session, _SAME_KINDS, [other.id, entry.id])
    # Counted from now on, when it is known for what.
    other.state = WAITING
    session.flush()
    signals.emit(session, "waiting-list-entry.joined", id=other.id, viewer_id=None)


def end(session: Session, entry: WaitingListEntry, state: str, viewer_id: int | None = None) -> None:
    """The entry waits no more: its places, if it holds any, are those of who is next."""
    former = entry.state
    finish(session, entry, state)
    values = {"id": entry.id, "state": state, "former": former, "viewer_id": viewer_id}
    signals.emit(session, "waiting-list-entry.ended", **values)


def lapse(session: Session, entry_id: int) -> bool:
    """Let an offer lapse whose deadline has passed; False where it has not, or it was answered."""
    entry = locked(session, entry_id)
    if not is_lapsed(entry, clock.now()):
        return False
    end(session, entry, LAPSED)
    return True


def is_verified(entry: WaitingListEntry) -> bool:
    """Whether whoever waits has shown that the address is theirs."""
    return entry.state != UNVERIFIED
