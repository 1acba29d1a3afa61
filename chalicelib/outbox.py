"""Transactional outbox: tasks are stored with the change they follow from, then sent to SQS.

The row is inserted in the transaction of the change. After the commit it is sent to the queue and stamped; a
sweep every minute sends what is left. Delivery is at least once; a message that arrives twice takes effect
once.
"""

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Index, Integer, Row, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from chalicelib import aws, clock, db, log, telemetry
from chalicelib.db import Model
from chalicelib.settings import NotConfigured, settings

FORMAT: Final = 1  # version of the message body; increase it for incompatible changes
LARGEST_ARGUMENTS: Final = 20_000  # bytes; a batch of ten stays below the limit of SQS
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


class OutboxMessage(Model):
    """One task to run, and its state: stored, sent, done or failed."""

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


@dataclass(frozen=True, slots=True)
class Progress:
    """Backlog of tasks: counts, and ages in seconds; 0 when nothing waits."""

    unsent: int
    oldest_unsent: float
    underway: int
    oldest_underway: float


def add(
    session: Session, task: str, arguments: Mapping[str, Any], *, key: str | None = None, delay: int = 0
) -> None:
    """Enqueue `task` with `arguments`, to run `delay` seconds from now or later.

    It is sent if and only if the session's transaction commits. Arguments are JSON values: ids and short
    texts, never rows (TypeError); ValueError when they are too large. Messages with the same `key` take
    effect once.
    """
    written = _as_json(task, arguments)
    now = clock.now()
    due = now + timedelta(seconds=delay)
    db.enqueue(session, _ADD, [key or str(uuid.uuid4()), task, written, telemetry.outgoing_trace(), now, due])
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
    before = clock.now() - _KEPT
    with db.transaction() as session:
        session.execute(delete(TaskDone).where(TaskDone.done_at < before))
        finished = OutboxMessage.done_at.is_not(None) | OutboxMessage.failed_at.is_not(None)
        session.execute(delete(OutboxMessage).where(OutboxMessage.created_at < before, finished))
    return sent


def claim(session: Session, key: str, task: str) -> bool:
    """Record in this transaction that the message is processed; False if it already was.

    Waits for another transaction that is processing the same message.
    """
    now = clock.now()
    done = insert(TaskDone).values(key=key, task=task, done_at=now)
    first = session.scalar(done.on_conflict_do_nothing(index_elements=["key"]).returning(TaskDone.id))
    if first is None:
        return False
    update_attempts = update(OutboxMessage).where(OutboxMessage.key == key)
    session.execute(update_attempts.values(done_at=now, failed_at=None, failure=None))
    return True


def give_up(key: str, reason: str) -> None:
    """Record, in its own transaction, that the message is a dead letter and why. A redrive starts over."""
    give_up_message = update(OutboxMessage).where(OutboxMessage.key == key, OutboxMessage.done_at.is_(None))
    with db.transaction() as session:
        session.execute(give_up_message.values(failed_at=clock.now(), failure=reason, attempts=0))


def progress(session: Session) -> Progress:
    """How many rows wait to be sent or to be done, and for how long."""
    rows = db.fetch(
        session,
        """
        SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL AND due_at <= $1),
               (SELECT min(due_at) FROM outbox WHERE sent_at IS NULL AND due_at <= $1),
               (SELECT count(*) FROM outbox
                 WHERE sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL AND due_at <= $1),
               (SELECT min(greatest(sent_at, due_at)) FROM outbox
                 WHERE sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL AND due_at <= $1)
        """,
        [clock.now()],
    )
    unsent, unsent_since, underway, underway_since = rows[0]
    return Progress(unsent, _seconds_since(unsent_since), underway, _seconds_since(underway_since))


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


def _seconds_since(moment: datetime | None) -> float:
    return max(0.0, (clock.now() - moment).total_seconds()) if moment else 0.0


def _as_json(task: str, arguments: Mapping[str, Any]) -> str:
    rule = f"arguments of {task}: a task is given ids and plain values, never objects"
    try:
        written = json.dumps(arguments, allow_nan=False, ensure_ascii=False)
        if json.loads(written) != arguments or "\\u0000" in written:
            raise TypeError(f"{rule}; these would not come back from the database as they are")
        size = len(written.encode())
    except (TypeError, ValueError) as problem:  # a lone surrogate is a ValueError too
        raise TypeError(f"{rule} ({problem})") from problem
    if size > LARGEST_ARGUMENTS:
        raise ValueError(f"arguments of {task} exceed {LARGEST_ARGUMENTS} bytes: hand over an id instead")
    return written
