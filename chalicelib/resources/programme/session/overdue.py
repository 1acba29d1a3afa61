"""Scheduled job: pending sessions of events that have ended are rejected, once a day, without a mail."""

from typing import Final

from sqlalchemy.orm import Session

from chalicelib import clock, db, outbox, signals

TASK: Final = "reject_overdue_sessions"
BATCH: Final = 500

_OVERDUE: Final = """
    SELECT talk.id FROM sessions talk JOIN events event ON event.id = talk.event_id
     WHERE talk.state = 'pending' AND talk.deleted_at IS NULL
       AND event.deleted_at IS NULL AND event.ends_at < $1
"""
_REJECT: Final = f"""
    UPDATE sessions SET state = 'rejected', last_modified_at = $1
     WHERE id IN ({_OVERDUE} ORDER BY talk.id LIMIT $2 FOR UPDATE OF talk SKIP LOCKED)
    RETURNING id
"""  # noqa: S608 - texts of this file


def plan() -> int | None:
    """Enqueue the job of today; 0 if there is no such session."""
    now = clock.now()
    today = now.date().isoformat()
    with db.transaction() as session:
        if db.fetch(session, f"{_OVERDUE} LIMIT 1", [now]):
            outbox.add(session, TASK, {}, key=f"{TASK}-{today}")
            return None
    return 0


def reject(session: Session) -> int:
    """Reject up to BATCH sessions; returns how many. Locked ones are skipped until the next time."""
    rejected = db.fetch(session, _REJECT, [clock.now(), BATCH])
    for (id,) in rejected:
        signals.emit(
            session,
            "session.state_changed",
            id=id,
            former="pending",
            state="rejected",
            send_email=False,
            viewer_id=None,
        )
    return len(rejected)
