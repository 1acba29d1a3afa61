"""Restoring a backup to a moment: what has to be put in order before the system runs again.

The database forgets what came after the moment, others do not: mails were sent, tokens issued, invoices
numbered, ids told. So identifiers of the lost time are never given out again, tokens of accounts are revoked,
and what may have been done is done again only where that is harmless: the rest is held (doubt.py).
docs/disaster.md has the steps.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, text
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib import clock, db, outbox
from chalicelib.db import Model
from chalicelib.db_engine import migrating

GAP: Final = 1_000_000  # ids that are left out in each table: more than were given out in the lost time
_REVOKES: Final = 1_000  # versions of tokens that are left out, for the same reason
_RANGE: Final = 100_000  # numbers of papers begin anew at a multiple of it
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('restorations', 0))"
_KNOWN: Final = "SELECT id FROM restorations WHERE moment = :moment"
_SEQUENCES: Final = """
    SELECT count(setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + :gap))
      FROM pg_sequences WHERE schemaname = current_schema()
"""
_NOTE: Final = rf"""
    INSERT INTO restorations (moment, lost_until, restored_at, number_floor, first_year, last_year)
    SELECT :moment, :lost_until, :now, (greatest(
             (SELECT max(sequence) FROM invoices), (SELECT max(sequence) FROM credit_notes),
             (SELECT max(substring(identifier FROM '^\d{{6}}U-(\d{{6,12}})$')::bigint) FROM event_invoices),
             (SELECT max(number_floor) FROM restorations), 0) / {_RANGE} + 1) * {_RANGE},
           extract(year FROM CAST(:moment AS timestamptz) - interval '1 day')::int,
           extract(year FROM CAST(:lost_until AS timestamptz) + interval '1 day')::int
    RETURNING id
"""  # noqa: S608 - constants
# Sent again, as the queue is lost, too: what was due may have been done.
_DOUBT: Final = """
    UPDATE outbox SET sent_at = NULL, restoration_id = :id
     WHERE done_at IS NULL AND failed_at IS NULL AND held_at IS NULL AND due_at <= :lost_until
"""
_SEND: Final = """
    UPDATE outbox SET sent_at = NULL
     WHERE done_at IS NULL AND failed_at IS NULL AND held_at IS NULL AND sent_at IS NOT NULL
       AND due_at > :lost_until
"""
# What was paid in the lost time completes orders whose mails may have been sent.
_ASK: Final = """
    INSERT INTO outbox (key, task, arguments, trace, created_at, due_at, restoration_id)
    SELECT 'settle_payment-' || id || '-restored-' || CAST(:id AS bigint), 'settle_payment',
           jsonb_build_object('payment_id', id), '', :now, :now, :id
      FROM payments WHERE state IN ('created', 'open', 'processing')
"""
_REVOKE: Final = {
    "accounts": "UPDATE users SET token_version = token_version + :more",
    "links of orders": "UPDATE orders SET link_version = link_version + :more WHERE guest_email IS NOT NULL",
}
_UNPAIR: Final = {
    "devices at doors": "UPDATE door_devices SET version = version + :more WHERE paired_at IS NOT NULL",
    "devices of exhibitors": "UPDATE lead_devices SET token_version = token_version + :more",
}
_HELD: Final = """
    SELECT task, count(*), min(created_at), max(created_at) FROM outbox
     WHERE held_at IS NOT NULL AND done_at IS NULL GROUP BY task ORDER BY task
"""
_WAITING: Final = """
    SELECT count(*) FROM outbox
     WHERE restoration_id IS NOT NULL AND held_at IS NULL AND done_at IS NULL AND failed_at IS NULL
"""
_OF_TASK: Final = "held_at IS NOT NULL AND done_at IS NULL AND ($1::text IS NULL OR task = $1)"
_RELEASE: Final = f"""
    UPDATE outbox SET held_at = NULL, failure = NULL, restoration_id = NULL, sent_at = NULL
     WHERE {_OF_TASK} RETURNING 1
"""  # noqa: S608 - constants
_DROP: Final = f"""
    WITH dropped AS (
      UPDATE outbox SET held_at = NULL, failed_at = $2, failure = 'dropped by an operator: ' || failure
       WHERE {_OF_TASK} RETURNING key, task)
    INSERT INTO tasks_done (key, task, done_at) SELECT key, task, $2 FROM dropped
    ON CONFLICT (key) DO NOTHING RETURNING 1
"""  # noqa: S608 - constants


class Restoration(Model):
    """A backup that was restored. What was committed between `moment` and `lost_until` is lost.

    Numbers of invoices and credit notes of the years that this touches go on above `number_floor`.
    """

    __tablename__ = "restorations"
    moment: Mapped[datetime] = mapped_column(unique=True)
    lost_until: Mapped[datetime]
    restored_at: Mapped[datetime]
    number_floor: Mapped[int] = mapped_column(BigInteger)
    first_year: Mapped[int]
    last_year: Mapped[int]


class Refused(Exception):
    """Nothing was changed; the text says why, in one line."""


def begin(
    moment: datetime, lost_until: datetime, *, gap: int = GAP, unpair: bool = False
) -> Mapping[str, Any]:
    """Put a restored database in order, in one transaction and in the role that owns it; returns the counts.

    `moment` is what it was restored to, `lost_until` when the lost system cannot have written any more.
    `unpair` revokes the tokens of devices, too. Raises Refused where that was done for this moment before.
    """
    if not moment <= lost_until <= clock.now():
        raise Refused("the moment is before the loss, and the loss is past")
    with migrating() as engine, engine.begin() as connection:
        connection.execute(text(_LOCK))
        if connection.scalar(text(_KNOWN), {"moment": moment}) is not None:
            raise Refused("this was done for this moment before")
        values = {"moment": moment, "lost_until": lost_until, "now": clock.now()}
        id = connection.scalar(text(_NOTE), values)
        sequences = connection.scalar(text(_SEQUENCES), {"gap": gap})
        about = {"id": id, "lost_until": lost_until}
        doubtful = connection.execute(text(_DOUBT), about).rowcount
        sent_again = connection.execute(text(_SEND), {"lost_until": lost_until}).rowcount
        asked = connection.execute(text(_ASK), {"id": id, "now": clock.now()}).rowcount
        revoked = _revoked(connection, {**_REVOKE, **(_UNPAIR if unpair else {})})
    return {
        "restoration": id,
        "lost": f"{(lost_until - moment).total_seconds():.1f} seconds",
        "sequences moved": sequences,
        "tasks in doubt": doubtful,
        "other tasks sent again": sent_again,
        "payments asked about": asked,
        **revoked,
    }


def _revoked(connection: Connection, statements: Mapping[str, str]) -> dict[str, int]:
    more = {"more": _REVOKES}
    return {
        f"tokens revoked, {name}": connection.execute(text(sql), more).rowcount
        for name, sql in statements.items()
    }


def held() -> list[dict[str, Any]]:
    """What waits for a decision, by task."""
    with db.read_only() as session:
        rows = db.fetch(session, _HELD)
    return [dict(zip(("task", "held", "oldest", "newest"), row, strict=True)) for row in rows]


def newest() -> int | None:
    """The id of the newest restoration, if there was one."""
    with db.read_only() as session:
        (id,) = db.fetch(session, "SELECT max(id) FROM restorations")[0]
    return None if id is None else int(id)


def in_doubt() -> int:
    """How many messages in doubt were neither done nor held yet."""
    with db.read_only() as session:
        return int(db.fetch(session, _WAITING)[0][0])


def release(task: str | None = None) -> int:
    """Have what is held done after all, of one task or all; returns how many."""
    with db.transaction() as session:
        released = len(db.fetch(session, _RELEASE, [task]))
    if released:
        outbox.relay()
    return released


def drop(task: str | None = None) -> int:
    """Never do what is held, of one task or all: it was done before the loss. Returns how many."""
    with db.transaction() as session:
        return len(db.fetch(session, _DROP, [task, clock.now()]))
