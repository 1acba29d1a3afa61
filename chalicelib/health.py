"""Health checks, each with a result that an operator can act on.

A check is a function that returns a short text, or raises Unwell. Resources and actions may add their own.
Results are cached for some seconds, so that frequent requests are cheap.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Table, or_, select

from chalicelib import aws, clock, db, log, outbox_progress, telemetry
from chalicelib.db import Model
from chalicelib.registered import Registered
from chalicelib.revision import newest
from chalicelib.settings import settings

Look = Callable[[], str]

_LONGEST_OUTBOX_LAG: Final = 5 * 60  # seconds; the sweep runs every minute
_LONGEST_UNDERWAY: Final = 60 * 60  # seconds; five attempts of a task take about forty minutes
_LONGEST_HELD: Final = 60 * 60  # seconds; somebody restores the database, and decides meanwhile


class Unwell(Exception):
    """A check failed; the text says what is wrong and contains no secret."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check; its result is cached for `seconds`."""

    name: str
    seconds: int
    look: Look


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a check. Times are Unix timestamps."""

    checker: str
    output: str
    passed: bool
    timestamp: float
    expires: float

    def document(self) -> dict[str, object]:
        """The result as shown to clients."""
        return {name: getattr(self, name) for name in self.__slots__}


CHECKS: Registered[str, Check] = Registered()
_known: dict[str, Result] = {}


def check(name: str, seconds: int = 30) -> Callable[[Look], Look]:
    """Decorator: register a check, whose result is cached for so many seconds. ValueError for a name
    in use.
    """

    def register(look: Look) -> Look:
        CHECKS.declare(name, Check(name, seconds, look), f"there are two health checks named {name}")
        return look

    return register


def report() -> tuple[bool, dict[str, object]]:
    """(whether all checks pass, the document with each result). Never raises."""
    now = clock.now().timestamp()
    results = []
    for check in CHECKS.values():
        result = _known.get(check.name)
        if result is None or result.expires <= now:
            result = _known[check.name] = _result(check)
        results.append(result)
    healthy = all(result.passed for result in results)
    return healthy, {
        "status": "success" if healthy else "failure",
        "timestamp": now,
        "hostname": socket.gethostname(),
        "results": [result.document() for result in results],
    }


def probe() -> None:
    """Run every check, uncached, and write one metric each: 1 when healthy, 0 when not."""
    forget()
    for check in CHECKS.values():
        result = _known[check.name] = _result(check)
        telemetry.metric("Healthy", int(result.passed), check=check.name)
        if not result.passed:
            log.error("a health check fails", check=check.name, output=result.output)


def forget() -> None:
    """Drop the cached results."""
    _known.clear()


def _result(check: Check) -> Result:
    try:
        output, passed = check.look(), True
    except Unwell as problem:
        output, passed = str(problem), False
    except Exception as problem:
        # Only the exception type: its text may quote addresses, statements or credentials.
        log.error("a health check could not look", problem, check=check.name)
        output, passed = f"The check could not be made: {type(problem).__name__}.", False
    now = clock.now().timestamp()
    return Result(check.name, output, passed, now, now + check.seconds)


@check("database")
def _database() -> str:
    _rows("SELECT 1")
    return "The database answers."


def lacking() -> list[str]:
    """What the code expects and the database does not have, by model: sentences without a full stop."""
    existing = {
        (table, column)
        for table, column in _rows(
            """
            SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             WHERE c.relkind IN ('r', 'p', 'v', 'm') AND pg_table_is_visible(c.oid)
               AND a.attnum > 0 AND NOT a.attisdropped
            """
        )
    }
    tables = {table for table, _ in existing}
    missing = []
    for model, table in _mapped():
        if table.name not in tables:
            missing.append(f"{model} has no table {table.name}")
        else:
            absent = [column.name for column in table.columns if (table.name, column.name) not in existing]
            missing += [f"{model} has no column {table.name}.{column}" for column in absent]
    return sorted(missing)


@check("models")
def _models() -> str:
    """Every mapped column exists and is readable. Missing ones are listed by model."""
    missing = lacking()
    if missing:
        raise Unwell("The database lacks what the code expects: " + "; ".join(missing) + ".")
    # One statement: PostgreSQL checks every column and its privileges, and reads no row.
    with db.transaction() as session:
        session.execute(select(or_(*(select(table).limit(0).exists() for _, table in _mapped()))))
    return f"All {len(_mapped())} models can be read."


@check("migrations", seconds=60)
def _migrations() -> str:
    revisions = [row[0] for row in _rows("SELECT version_num FROM alembic_version")]
    try:
        expected = newest()
    except LookupError as problem:
        raise Unwell(f"The code does not know its revision: {problem}.") from problem
    if revisions != [expected]:
        raise Unwell(
            f"The database is at revision {', '.join(revisions) or 'none'}; the code expects {expected}."
        )
    return f"The database is at revision {expected}."


@check("outbox")
def _outbox() -> str:
    progress = _progress()
    sentence = (
        f"{progress.unsent} messages wait to be sent, the oldest for {progress.oldest_unsent:.0f} seconds."
    )
    if progress.oldest_unsent > _LONGEST_OUTBOX_LAG:
        raise Unwell(sentence)
    return sentence


@check("queue")
def _queue() -> str:
    """Fails if a task waits too long; the number of waiting or delayed tasks does not matter.

    SQS does not report the age of a message, so it is taken from the outbox: due, sent and not done.
    """
    waiting, delayed = _counts(
        settings().tasks_queue_url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"
    )
    progress = _progress()
    sentence = (
        f"{waiting} messages are in the queue, and {delayed} more are not due yet; "
        f"{progress.underway} tasks are sent and not done, "
        f"the oldest for {progress.oldest_underway:.0f} seconds."
    )
    if progress.oldest_underway > _LONGEST_UNDERWAY:
        raise Unwell(sentence)
    return sentence


@check("held tasks")
def _held_tasks() -> str:
    """Fails if what a restoration put in doubt waits long for an operator's decision."""
    progress = _progress()
    if progress.oldest_held > _LONGEST_HELD:
        raise Unwell(
            f"{progress.held} tasks in doubt since a restoration wait for a decision, "
            f"the oldest for {progress.oldest_held:.0f} seconds: release or drop them."
        )
    return f"{progress.held} tasks are held for a decision."


@check("dead letters")
def _dead_letters() -> str:
    count = sum(_counts(settings().dead_letters_url, "ApproximateNumberOfMessages"))
    if count:
        raise Unwell(f"{count} messages could not be handled and lie in the dead-letter queue.")
    return "There are no dead letters."


@check("bucket", seconds=60)
def _bucket() -> str:
    aws.s3().head_bucket(Bucket=settings().bucket)
    return "The bucket answers."


def _mapped() -> list[tuple[str, Table]]:
    """(model name, table) for every model."""
    mappers = sorted(Model.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    return [(mapper.class_.__name__, cast(Table, mapper.local_table)) for mapper in mappers]


def _rows(sql: str) -> list[list[Any]]:
    with db.transaction() as session:
        return db.fetch(session, sql)


def _progress() -> outbox_progress.Progress:
    with db.transaction() as session:
        return outbox_progress.progress(session)


def _counts(queue_url: str, *names: Any) -> list[int]:
    answer = aws.sqs().get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(names))
    return [int(answer["Attributes"][name]) for name in names]
