"""PostgreSQL: sessions, transactions and pipelined statements; the only place that commits.

One connection per process, made on first use: a Lambda function handles one request at a time. Sending
mails needs a second one (`apart`). Reads go to the driver directly as complete SQL; writes go through the ORM
session.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Executable, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction

from chalicelib.db_engine import database_url, engine, engine_apart
from chalicelib.db_errors import driver_error, is_disconnect, original_error
from chalicelib.db_model import Model, SoftDeleted, linked_to, owned_by


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
            _send_the_last(session)
            session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
    for action in _after_commit_actions(session):
        action()


def _begin_read_only(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.only_reads = True  # until the transaction ends


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A savepoint for the block: rolled back when it raises, dropping what it registered with after_commit().

    Queued statements are executed, and their errors raised, at the end of the block.
    """
    following, last = list(_after_commit_actions(session)), list(session.info.get("last", ()))
    try:
        with session.begin_nested():
            session.connection()  # emits the SAVEPOINT, which driver calls alone would not
            yield
            session.flush()
            flush_queue(session)
    except BaseException:
        _after_commit_actions(session)[:] = following
        session.info["last"] = last
        raise


@contextmanager
def read_only() -> Iterator[Session]:
    """For fetch(), send() and settle() only: each statement on its own, without BEGIN and COMMIT.

    Saves their round trips and the cost of a session.
    """
    try:
        connection = engine().raw_connection()
    except (driver_error(), OSError) as problem:
        raise _wrap_error(problem, "") from problem
    try:
        yield cast(Session, _ReadOnlySession(connection))
    finally:
        connection.close()  # returns it to the pool


class _ReadOnlySession:
    """A read-only stand-in for a session; it supports fetch(), send() and settle() only."""

    def __init__(self, connection: Any) -> None:
        self.info = {"reading": True, "connection": connection, "driver": connection.driver_connection}

    def flush(self) -> None:
        """Nothing to flush."""


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run `action` once the session's transaction is committed; never after a rollback."""
    actions = _after_commit_actions(session)
    if action not in actions:
        actions.append(action)


def fetch(
    session: Session, sql: str, values: Sequence[object] = (), *, flush: bool = True, large: bool = False
) -> list[list[Any]]:
    """Execute complete SQL with $1, $2 ... as parameters, in the session's transaction; returns the rows.

    It bypasses SQLAlchemy's cursor, which parses the text of every statement again. Pending changes are
    flushed first, unless `flush` is False. With `large`, texts of megabytes are returned as UTF-8 bytes.
    Raises DBAPIError.
    """
    if flush:
        session.flush()
    return _execute(session, "run", sql, values, large=large).rows or []


def fetch_and_commit(session: Session, sql: str, values: Sequence[object] = ()) -> list[list[Any]]:
    """The rows of the last statement of a transaction, which is committed along with it, in one round trip.

    Whatever is asked of the session afterwards raises RuntimeError. Texts of megabytes come as bytes.
    Raises the errors of all that was sent and of the commit; then nothing is committed.
    """
    if session.in_nested_transaction():
        raise RuntimeError("a savepoint is open: its transaction cannot end within it")
    session.flush()
    answer = _execute(session, "enqueue", sql, values, large=True)
    _send_the_last(session)
    try:
        _driver(session).commit()
    except (driver_error(), OSError) as problem:
        raise _gone_wrong(session, problem, sql) from problem
    session.info["committed"] = True
    return answer.rows or []


def execute_counted(session: Session, statement: Executable) -> int:
    """Execute an INSERT, UPDATE or DELETE of SQLAlchemy; returns the number of its rows."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def enqueue(session: Session, sql: str, values: Sequence[object] = ()) -> Any:
    """Queue a statement, to be sent with the next one or with the commit, which saves a round trip.

    Its errors are raised by the statement it is sent with; after that the returned object has its `rows`.
    """
    session.flush()
    return _execute(session, "enqueue", sql, values)


def enqueue_for_commit(session: Session, sql: str, values: Sequence[object] = ()) -> None:
    """Queue a statement to be sent with the commit, which raises its errors.

    For row locks that others wait for: they are held for the duration of the commit, not of a round trip.
    """
    session.info.setdefault("last", []).append((sql, values))


def flush_queue(session: Session) -> None:
    """Execute the queued statements now."""
    if _driver(session).has_pending:
        fetch(session, "SELECT")


def _driver(session: Session) -> Any:
    if "driver" not in session.info:  # cached for the transaction; session.connection() is slow
        session.info["connection"] = session.connection()
        session.info["driver"] = session.info["connection"].connection.driver_connection
    return session.info["driver"]


def _execute(session: Session, how: str, sql: str, values: Sequence[object], **options: bool) -> Any:
    driver = _driver(session)
    if "committed" in session.info:
        raise RuntimeError(
            "the transaction was committed with its last statement: this one would be another's"
        )
    try:
        return getattr(driver, how)(sql, values, begin=not session.info.get("reading"), **options)
    except (driver_error(), OSError) as problem:
        raise _gone_wrong(session, problem, sql) from problem


def _send_the_last(session: Session) -> None:
    for sql, values in session.info.pop("last", ()):
        enqueue(session, sql, values)


def _gone_wrong(session: Session, problem: Exception, sql: str) -> DBAPIError:
    """The driver's error as SQLAlchemy would have raised it; a connection that is lost is given up."""
    error = _wrap_error(problem, sql)
    if is_disconnect(error):
        session.info["connection"].invalidate(error.orig)
    return error


def _wrap_error(problem: Exception, sql: str) -> DBAPIError:
    """The driver's error as the DBAPIError that SQLAlchemy would have raised."""
    error = original_error(problem)
    wrapped = DBAPIError.instance(sql, None, error, driver_error(), dialect=engine().dialect)
    return cast(DBAPIError, wrapped)


def forget() -> None:
    """Close the connection and drop the engine, after a change of settings (tests)."""
    for made in (engine, engine_apart):
        if made.cache_info().currsize:
            made().dispose()
        made.cache_clear()


def _after_commit_actions(session: Session) -> list[Callable[[], None]]:
    return cast(list[Callable[[], None]], session.info.setdefault("after_commit", []))


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
