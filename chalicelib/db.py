"""PostgreSQL: sessions and transactions.

One connection per process, made on first use: a Lambda function handles one request at a time. Sending
mails needs a second one (`apart`). Reads go to the driver directly as complete SQL (db_statements.py); writes
go through the ORM session.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, CursorResult, Executable, delete, event, select
from sqlalchemy.orm import InstrumentedAttribute, Session, SessionTransaction

from chalicelib import db_connection, db_reader
from chalicelib.db_engine import database_url, engine, engine_apart
from chalicelib.db_model import Model, SoftDeleted, linked_to, owned_by
from chalicelib.db_statements import (
    after_commit,
    after_commit_actions,
    enqueue,
    enqueue_for_commit,
    fetch,
    fetch_and_commit,
    flush_queue,
    read_only,
    send_enqueued,
)

_BATCH: Final = 5_000  # rows that are deleted by one transaction
_MOST_BATCHES: Final = 20  # of one call


@contextmanager
def transaction(*, only_reads: bool = False, apart: bool = False) -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back on any exception.

    Functions registered with after_commit() run after the commit, outside the transaction. With `only_reads`
    PostgreSQL refuses every write in it; that costs no round trip. With `apart` it is one beside another that
    is open, on the process's second connection: for what is to stay whatever becomes of the other.
    """
    session = Session(engine_apart() if apart else engine(), expire_on_commit=False)
    if only_reads:
        session.info["only_reads"] = True
        event.listen(session, "after_begin", _begin_read_only)
    try:
        yield session
        if "committed" not in session.info:
            send_enqueued(session)
            session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
    for action in after_commit_actions(session):
        action()


def _begin_read_only(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.only_reads = True  # until the transaction ends


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A savepoint for the block: rolled back when it raises, dropping what it registered with after_commit().

    Queued statements are executed, and their errors raised, at the end of the block.
    """
    following, last = list(after_commit_actions(session)), list(session.info.get("last", ()))
    try:
        with session.begin_nested():
            session.connection()  # emits the SAVEPOINT, which driver calls alone would not
            yield
            session.flush()
            flush_queue(session)
    except BaseException:
        after_commit_actions(session)[:] = following
        session.info["last"] = last
        raise


def execute_counted(session: Session, statement: Executable) -> int:
    """Execute an INSERT, UPDATE or DELETE of SQLAlchemy; returns the number of its rows."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def delete_until(
    column: InstrumentedAttribute[datetime],
    moment: datetime,
    *conditions: ColumnElement[bool],
    batch: int = _BATCH,
) -> int:
    """Delete the model's rows whose indexed `column` is not after `moment`, oldest first; returns how many.

    In batches, each a transaction of its own: whatever has piled up, none takes long, and a process that is
    stopped loses one. Rows that somebody holds, and what is more than a hundred thousand, are left for the
    next call.
    """
    id, deleted = column.class_.id, 0
    old = select(id).where(column <= moment, *conditions).order_by(column).limit(batch)
    some = delete(column.class_).where(id.in_(old.with_for_update(skip_locked=True)))
    for _ in range(_MOST_BATCHES):
        with transaction() as session:
            count = execute_counted(session, some.execution_options(synchronize_session=False))
        deleted += count
        if count < batch:
            break
    return deleted


def forget() -> None:
    """Close the connection and drop the engine, after a change of settings (tests)."""
    for made in (engine, engine_apart):
        if made.cache_info().currsize:
            made().dispose()
        made.cache_clear()
    db_connection.forget()
    db_reader.forget()


__all__ = [
    "Model",
    "SoftDeleted",
    "after_commit",
    "database_url",
    "delete_until",
    "engine",
    "enqueue",
    "enqueue_for_commit",
    "fetch",
    "fetch_and_commit",
    "flush_queue",
    "forget",
    "linked_to",
    "owned_by",
    "read_only",
    "savepoint",
    "transaction",
]
