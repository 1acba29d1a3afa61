"""Erasure: whoever deletes their account waits no more, and is on no waiting list."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import db, outbox, signals
from chalicelib.resources.orders.waiting_list_entry import line
from chalicelib.resources.people.user.user import User, former_address
from chalicelib.tasks.registry import task

NAME: Final = "forget_waiting"
# What the account has joined, and what was joined by its verified address; whoever has that since, waits on.
_OF_ACCOUNT: Final = """
FROM users account WHERE account.id = $1 AND account.deleted_at IS NOT NULL AND (
  entry.user_id = account.id OR (entry.user_id IS NULL AND account.is_verified
    AND lower(entry.email) = lower($2) AND entry.created_at <= account.deleted_at))
"""
_EVENTS: Final = f"""
SELECT DISTINCT entry.event_id FROM waiting_list_entries entry WHERE EXISTS (SELECT {_OF_ACCOUNT})
ORDER BY entry.event_id
"""  # noqa: S608 - no user input
_FORGET: Final = f"""
DELETE FROM waiting_list_entries entry WHERE entry.event_id = ANY ($3::bigint[]) AND EXISTS (
  SELECT {_OF_ACCOUNT})
"""  # noqa: S608 - no user input


@task(NAME)
def forget_waiting(session: Session, user_id: int) -> None:
    """Delete the entries of a deleted account; what is held for it goes to who is next."""
    account = session.get(User, user_id)
    if account is None:  # deleted for good since
        return
    whose = [user_id, former_address(account)]
    events = [event_id for (event_id,) in db.fetch(session, _EVENTS, whose)]
    for event_id in events:
        line.lock(session, event_id)
    db.fetch(session, _FORGET, [*whose, events])
    db.after_commit(session, outbox.relay_what_was_written)


@signals.on("user.deleted")
def _account_is_deleted(session: Session, *, id: int, **_payload: object) -> None:
    outbox.add(session, NAME, {"user_id": id})
