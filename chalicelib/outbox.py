"""Transactional outbox: tasks are stored with the change they follow from, then sent to SQS.

The row is inserted in the transaction of the change. After the commit it is sent to the queue and stamped; a
sweep every minute sends what is left. Delivery is at least once; a message that arrives twice takes effect
once.
"""

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Index, Integer, Row, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import aws, clock, db, doubt, log, telemetry
from chalicelib.db import Model
from chalicelib.outbox_arguments import as_json
from chalicelib.settings import NotConfigured, settings

FORMAT: Final = 1  # version of the message body; increase it for incompatible changes
_BATCH: Final = 10  # the limit of SendMessageBatch
_LONGEST_QUEUE_DELAY: Final = timedelta(minutes=15)  # the limit of SQS
_NEXT_SWEEP: Final = timedelta(minutes=1)
_KEPT: Final = timedelta(days=30)  # longer than SQS keeps a message (14 days)
_AFTER_COMMIT_LIMIT: Final = 50
_SWEEP_LIMIT: Final = 2_000
_ADD: Final = """
    INSERT INTO outbox (key, task, arguments, trace, created_at, due_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (key) DO NOTHING
"""
_ADD_IN_DOUBT: Final = """
    INSERT INTO outbox (key, task, arguments, trace, created_at, due_at, restoration_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO NOTHING
"""


class OutboxMessage(Model):
    """One task to run, and its state: stored, sent, done, failed or held."""

    __tablename__ = "outbox"
    key: Mapped[str] = mapped_column(unique=True)
    task: Mapped[str]
    arguments: Mapped[dict[str, Any]]
    trace: Mapped[str]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")  # failed ones
    # In doubt since this restoration, and held for an operator's decision (restoration.py).
    restoration_id: Mapped[int | None] = mapped_column(BigInteger)
    held_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_outbox_unsent", "id", postgresql_where=text("sent_at IS NULL")),
        Index(
            "ix_outbox_underway",
            "due_at",
            postgresql_where=text("sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL"),
        ),
        Index("ix_outbox_created_at", "created_at"),
    )


class TaskDone(Model):
    """A processed message, for idempotency. Inserted in the transaction of its effect."""

    __tablename__ = "tasks_done"
    key: Mapped[str] = mapped_column(unique=True)
    task: Mapped[str]
    done_at: Mapped[datetime] = mapped_column(index=True)


def add(
    session: Session, task: str, arguments: Mapping[str, Any], *, key: str | None = None, delay: int = 0
) -> None:
    """Enqueue `task` with `arguments`, to run `delay` seconds from now or later.

    It is sent if and only if the session's transaction commits. Arguments are JSON values: ids and short
    texts, never rows (TypeError); ValueError when they are too large. Messages with the same `key` take
    effect once.
    """
    written, restoration = as_json(task, arguments), doubt.current()
    now = clock.now()
    due = now + timedelta(seconds=delay)
    values = [key or str(uuid.uuid4()), task, written, telemetry.outgoing_trace(), now, due]
    if restoration is None:
        db.enqueue(session, _ADD, values)
    else:
        db.enqueue(session, _ADD_IN_DOUBT, [*values, restoration])
    if delay <= _NEXT_SWEEP.total_seconds():  # otherwise left to the sweep, not to delay the answer
        db.after_commit(session, relay_what_was_written)


def relay(limit: int = _SWEEP_LIMIT, ahead: timedelta = _LONGEST_QUEUE_DELAY) -> int:
    """Send up to `limit` rows that are due, or will be within `ahead`, to the queue; returns how many.

    What SQS refuses stays unsent and is retried by the next relay. Concurrent relays never send the same row.
    Raises boto3's errors when the queue cannot be reached.
    """
    sent = last_id = seen = 0
    while seen < limit:
        with db.transaction() as session:
            rows = _due(session, last_id, ahead)
            sent += _send(session, rows) if rows else 0
        seen += len(rows)
        if len(rows) < _BATCH:
            break
        last_id = rows[-1].id  # each row once per relay, so that a refused one does not block the others
    return sent


def sweep() -> int:
    """Send what is left unsent, and delete old rows (scheduled job); returns how many were sent."""
    if sent := relay():
        log.info("the sweep sent messages that were left behind", count=sent)
    forget_old()
    return sent


def forget_old() -> int:
    """Delete messages that are finished and so old that SQS does not know them any more. Returns how many."""
    before = clock.now() - _KEPT
    db.delete_until(TaskDone.done_at, before)
    finished = OutboxMessage.done_at.is_not(None) | OutboxMessage.failed_at.is_not(None)
    return db.delete_until(OutboxMessage.created_at, before, finished)


def claim(session: Session, key: str, task: str) -> bool:
    """Record in this transaction that the message is processed; False if it already was.

    Waits for another transaction that is processing the same message. Notes in the session's info since which
    restoration the message is in doubt.
    """
    now = clock.now()
    done = insert(TaskDone).values(key=key, task=task, done_at=now)
    first = session.scalar(done.on_conflict_do_nothing(index_elements=["key"]).returning(TaskDone.id))
    if first is None:
        return False
    update_attempts = update(OutboxMessage).where(OutboxMessage.key == key)
    done_now = update_attempts.values(done_at=now, failed_at=None, held_at=None, failure=None)
    session.info[doubt.RESTORATION] = session.scalar(done_now.returning(OutboxMessage.restoration_id))
    return True


def hold(key: str, what: str) -> None:
    """Record, in its own transaction, that the message is held for a decision, and what would have left."""
    hold_message = update(OutboxMessage).where(OutboxMessage.key == key, OutboxMessage.done_at.is_(None))
    with db.transaction() as session:
        session.execute(hold_message.values(held_at=clock.now(), failure=what))


def give_up(key: str, reason: str) -> None:
    """Record, in its own transaction, that the message is a dead letter and why. A redrive starts over."""
    give_up_message = update(OutboxMessage).where(OutboxMessage.key == key, OutboxMessage.done_at.is_(None))
    with db.transaction() as session:
        session.execute(give_up_message.values(failed_at=clock.now(), failure=reason, attempts=0))


def relay_what_was_written() -> None:
    """Send what is due after a commit: the answer must not fail any more."""
    try:
        relay(_AFTER_COMMIT_LIMIT, _NEXT_SWEEP)
    except Exception as problem:
        log.error("messages wait in the outbox for the sweep", problem)


def _due(session: Session, after_id: int, ahead: timedelta) -> Sequence[Row[Any]]:
    columns = (OutboxMessage.id, OutboxMessage.key, OutboxMessage.task, OutboxMessage.arguments)
    return session.execute(
        select(*columns, OutboxMessage.trace, OutboxMessage.due_at)
        .where(
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.due_at <= clock.now() + ahead,
            OutboxMessage.id > after_id,
        )
        .order_by(OutboxMessage.id)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    ).all()


def _send(session: Session, rows: Sequence[Row[Any]]) -> int:
    queue = settings().tasks_queue_url
    if not queue:
        raise NotConfigured("TASKS_QUEUE_URL is not set")
    answer = aws.sqs().send_message_batch(
        QueueUrl=queue,
        Entries=[
            {
                "Id": str(row.id),
                "MessageBody": _body(row),
                "DelaySeconds": _delay(row.due_at),
                "MessageSystemAttributes": _in_trace(telemetry.split_trace(row.trace)[1]),
            }
            for row in rows
        ],
    )
    for failed in answer.get("Failed", ()):
        log.warning("the queue refused a message", outbox_id=failed["Id"], code=failed["Code"])
    accepted = [int(entry["Id"]) for entry in answer.get("Successful", ())]
    if accepted:
        stamp = update(OutboxMessage).where(OutboxMessage.id.in_(accepted))
        session.execute(stamp.values(sent_at=clock.now()))
    return len(accepted)


def _body(row: Row[Any]) -> str:
    # json.dumps writes ASCII: SQS refuses some Unicode characters.
    return json.dumps(
        {"format": FORMAT, "id": row.key, "task": row.task, "arguments": row.arguments, "trace": row.trace}
    )


def _in_trace(header: str) -> Any:
    # X-Ray links traces by this attribute; our own consumer reads the body.
    return {"AWSTraceHeader": {"DataType": "String", "StringValue": header}} if header else {}


def _delay(due_at: datetime) -> int:
    return max(0, math.ceil((due_at - clock.now()).total_seconds()))
