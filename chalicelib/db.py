"""PostgreSQL: sessions and transactions.

One connection per process, made on first use: a Lambda function handles one request at a time. Sending
mails needs a second one (`apart`). Reads go to the driver directly as complete SQL (db_statements.py); writes
go through the ORM session.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Executable, event
from sqlalchemy.orm import Session, SessionTransaction

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
