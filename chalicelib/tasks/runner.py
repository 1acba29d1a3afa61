"""SQS consumer: runs each message once, in a transaction of its own, with retries and dead letters.

A failed task is retried with growing delays, and becomes a dead letter with its reason after the last
attempt. An unreadable message or a permanent failure becomes one at once. Nothing is dropped. A task that
would outlast the process is ended by a statement timeout, or left to the next invocation.
"""

import json
import math
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from chalicelib import aws, clock, db, doubt, half_imported, log, outbox, telemetry
from chalicelib.db_errors import is_crowded
from chalicelib.outbox import OutboxMessage
from chalicelib.settings import NotConfigured, settings
from chalicelib.tasks.registry import MESSAGE_KEY, RESERVE, TASKS, PermanentFailure, Task

Record = Mapping[str, Any]

_UNTIL_THERE_IS_ONE: Final = (5, 30)  # seconds; at random, so that not all who were refused come back at once

# For this transaction only, and at most the configured values. idle_in_transaction_session_timeout ends the
# session of a stopped or frozen process.
_LIMITS: Final = """
    SELECT set_config(name, round(CASE WHEN own BETWEEN 1 AND most THEN own ELSE most END)::text, true)
      FROM (VALUES ('statement_timeout', $1::numeric), ('idle_in_transaction_session_timeout', $2::numeric))
           AS wanted (name, most),
           LATERAL (SELECT 1000 * extract(epoch FROM current_setting(name)::interval) AS own) AS present
"""


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message: outbox key, task and arguments."""

    key: str
    task: Task
    arguments: dict[str, Any]


def run(event: Mapping[str, Any], seconds_left: Callable[[], float] = clock.endless) -> dict[str, Any]:
    """Handle an SQS event; returns a partial batch response that names the messages to redeliver.

    `seconds_left()` is the time left to this process; what needs more is left to the next. Source: the AWS
    Lambda guide, "Reporting batch item failures for Lambda functions with an Amazon SQS trigger".
    """
    failed = [
        {"itemIdentifier": record["messageId"]}
        for record in event["Records"]
        if not _handle(record, seconds_left())
    ]
    return {"batchItemFailures": failed}


def _handle(record: Record, left: float) -> bool:
    """Process one message; whether SQS may delete it. `left` is its time in seconds."""
    body = _parsed(record["body"])
    trace, header = telemetry.split_trace(_text(body, "trace") or "")
    with log.traced(trace or str(uuid.uuid4())):
        try:
            message = _read(body)
        except PermanentFailure as problem:
            if left < RESERVE:
                return _release(record)
            return _dead_letter(record, _text(body, "id"), str(problem), problem)
        if left < message.task.min_seconds:
            return _release(record)
        return _attempt(record, message, left, telemetry.link(header))


def _release(record: Record) -> bool:
    log.warning("no time left for this message", message_id=record["messageId"])
    _retry_after(record, 0)
    return False


def _release_for_want_of_a_connection(record: Record, problem: Exception) -> bool:
    """Return the message for a while: what it had begun is undone, which counts as no failure of the task."""
    log.error(
        "there was no connection to the database for this message", problem, message_id=record["messageId"]
    )
    _retry_after(record, random.randint(*_UNTIL_THERE_IS_ONE))  # noqa: S311 - no secret
    return False


def _attempt(record: Record, message: Message, left: float, cause: dict[str, str]) -> bool:
    task = message.task
    try:
        with telemetry.span(task.name, key=message.key, delivery=_deliveries(record), **cause):
            first = _run_once(message, left)
    except PermanentFailure as problem:
        return _dead_letter(record, message.key, f"{task.name}: {problem}", problem)
    except doubt.InDoubt as held:
        return _hold(message, str(held))
    except Exception as problem:
        if is_crowded(problem):
            return _release_for_want_of_a_connection(record, problem)
        attempt = _attempts(record, message)
        log.error("a task failed", problem, task=task.name, key=message.key, attempt=attempt)
        if attempt >= task.attempts:
            why = f"{task.name} failed {attempt} times, at last with {type(problem).__name__}: {problem}"
            return _dead_letter(record, message.key, why, problem)
        _retry_after(record, task.delay_after(attempt))
        half_imported.end_process_after(problem)
        return False
    log.info("a task is done" if first else "a task was done before", task=task.name, key=message.key)
    return True


def _run_once(message: Message, left: float) -> bool:
    with db.transaction() as session:
        _keep_to_the_time(session, left)
        session.info[MESSAGE_KEY] = message.key
        if not outbox.claim(session, message.key, message.task.name):
            return False
        with doubt.about(session.info.get(doubt.RESTORATION)):
            message.task.run(session, **message.arguments)
    return True


def _hold(message: Message, what: str) -> bool:
    """Leave a message that is in doubt to an operator; whether SQS may delete it."""
    try:
        outbox.hold(message.key, what)
    except Exception as failure:
        log.error("a message in doubt could not be held", failure, key=message.key)
        return False
    log.warning("a message in doubt is held", task=message.task.name, key=message.key)
    return True


def _keep_to_the_time(session: Session, left: float) -> None:
    """Set statement_timeout and idle_in_transaction_session_timeout to the time left.

    A statement is cancelled early enough to roll back and report. If Lambda freezes or stops the process,
    PostgreSQL ends the idle transaction, which releases its locks.
    """
    if math.isfinite(left):
        milliseconds = ((left - RESERVE) * 1000, left * 1000)
        db.enqueue(session, _LIMITS, milliseconds)  # queued with the first statement, so no round trip


def _read(body: dict[str, Any]) -> Message:
    if not body:
        raise PermanentFailure("the message is not a JSON object")
    if body.get("format") != outbox.FORMAT:
        raise PermanentFailure(
            f"the message has format {body.get('format')!r}; this code reads {outbox.FORMAT}"
        )
    key, name, arguments = body.get("id"), body.get("task"), body.get("arguments")
    if not isinstance(key, str) or not key:
        raise PermanentFailure("the message has no id, so it could not be told from its copies")
    if not isinstance(name, str) or name not in TASKS:
        raise PermanentFailure(f"there is no task named {name!r}")
    if not isinstance(arguments, dict):
        raise PermanentFailure(f"the arguments of {name} are not an object")
    complaint = TASKS[name].argument_error(arguments)
    if complaint:
        raise PermanentFailure(f"wrong arguments for {name}: {complaint}")
    return Message(key, TASKS[name], arguments)


def _dead_letter(record: Record, key: str | None, reason: str, problem: Exception) -> bool:
    """Send the message to the dead letter queue with the reason; if that fails, it is redelivered.

    The reason is stored with it and in the outbox. It may quote personal data, so it is not logged.
    """
    log.error("a message became a dead letter", problem, key=key, message_id=record["messageId"])
    try:
        if not settings().dead_letters_url:
            raise NotConfigured("DEAD_LETTERS_URL is not set")
        aws.sqs().send_message(
            QueueUrl=settings().dead_letters_url,
            MessageBody=record["body"],
            MessageAttributes={"reason": {"DataType": "String", "StringValue": _sendable(reason)}},
        )
    except Exception as failure:
        log.error("the dead letter could not be sent", failure, message_id=record["messageId"])
        return False
    if key:
        try:
            outbox.give_up(key, reason)
        except Exception as failure:  # the dead letter is stored; only the note in the outbox is missing
            log.error("the outbox does not know of a dead letter", failure, key=key)
    return True


def _retry_after(record: Record, seconds: int) -> None:
    try:
        aws.sqs().change_message_visibility(
            QueueUrl=settings().tasks_queue_url,
            ReceiptHandle=record["receiptHandle"],
            VisibilityTimeout=seconds,
        )
    except Exception as problem:  # then it is redelivered after the visibility timeout
        log.error("a message could not be delayed", problem, message_id=record["messageId"])


def _attempts(record: Record, message: Message) -> int:
    """Increment and return the number of failed attempts, in a transaction of its own.

    SQS's receive count is higher: it includes deliveries that were postponed for lack of time.
    """
    add_attempt = update(OutboxMessage).where(
        OutboxMessage.key == message.key, OutboxMessage.done_at.is_(None)
    )
    more = add_attempt.values(attempts=OutboxMessage.attempts + 1).returning(OutboxMessage.attempts)
    try:
        with db.transaction() as session:
            counted = session.scalar(more)
    except Exception as problem:  # the database may be the cause of the failure: do not give up for that
        log.error("a failure could not be counted", problem, key=message.key)
        return min(_deliveries(record), message.task.attempts - 1)
    return _deliveries(record) if counted is None else counted  # a message that was never in the outbox


def _deliveries(record: Record) -> int:
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _parsed(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def _sendable(reason: str) -> str:
    # SQS refuses most control characters.
    return "".join(letter if letter.isprintable() else " " for letter in reason)[:1000]
