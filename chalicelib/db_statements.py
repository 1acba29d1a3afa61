"""Complete SQL, sent to the driver: reads, and statements in an open transaction.

It needs no SQLAlchemy, which a cold read therefore does not import. Transactions are begun in db.py.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from chalicelib import db_connection
from chalicelib.db_errors import driver_error, is_disconnect, original_error

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.orm import Session


# How a connection is borrowed: that of the driver, until there is an engine.
_borrow: Callable[[], Any] = db_connection.borrow


def set_pool(pool: Callable[[], Any]) -> None:
    """Read on connections of this pool from now on: there is an engine."""
    global _borrow
    _borrow = pool


@contextmanager
def read_only(borrow: Callable[[], Any] | None = None) -> "Iterator[Session]":
    """For fetch(), enqueue() and flush_queue() only: each statement on its own, without BEGIN and COMMIT.

    Saves their round trips and the cost of a session. `borrow` is for another database than the process's.
    """
    try:
        connection = (borrow or _borrow)()
    except (driver_error(), OSError) as problem:
        raise _wrap_error(problem, "") from problem
    try:
        yield cast("Session", _ReadOnlySession(connection))
    finally:
        connection.close()  # given back


class _ReadOnlySession:
    """A read-only stand-in for a session; it supports fetch(), enqueue() and flush_queue() only."""

    def __init__(self, connection: Any) -> None:
        self.info = {"reading": True, "connection": connection, "driver": connection.driver_connection}

    def flush(self) -> None:
        """Nothing to flush."""


def after_commit(session: "Session", action: Callable[[], None]) -> None:
    """Run `action` once the session's transaction is committed; never after a rollback."""
    actions = after_commit_actions(session)
    if action not in actions:
        actions.append(action)


def fetch(
    session: "Session", sql: str, values: Sequence[object] = (), *, flush: bool = True, large: bool = False
) -> list[list[Any]]:
    """Execute complete SQL with $1, $2 ... as parameters, in the session's transaction; returns the rows.

    It bypasses SQLAlchemy's cursor, which parses the text of every statement again. Pending changes are
    flushed first, unless `flush` is False. With `large`, texts of megabytes are returned as UTF-8 bytes.
    Raises DBAPIError.
    """
    if flush:
        session.flush()
    return _execute(session, "run", sql, values, large=large).rows or []


def fetch_and_commit(session: "Session", sql: str, values: Sequence[object] = ()) -> list[list[Any]]:
    """The rows of the last statement of a transaction, which is committed along with it, in one round trip.

    Whatever is asked of the session afterwards raises RuntimeError. Texts of megabytes come as bytes.
    Raises the errors of all that was sent and of the commit; then nothing is committed.
    """
    if session.in_nested_transaction():
        raise RuntimeError("a savepoint is open: its transaction cannot end within it")
    session.flush()
    answer = _execute(session, "enqueue", sql, values, large=True)
    send_enqueued(session)
    try:
        _driver(session).commit()
    except (driver_error(), OSError) as problem:
        raise _gone_wrong(session, problem, sql) from problem
    session.info["committed"] = True
    return answer.rows or []


def enqueue(session: "Session", sql: str, values: Sequence[object] = ()) -> Any:
    """Queue a statement, to be sent with the next one or with the commit, which saves a round trip.

    Its errors are raised by the statement it is sent with; after that the returned object has its `rows`.
    """
    session.flush()
    return _execute(session, "enqueue", sql, values)


def enqueue_for_commit(session: "Session", sql: str, values: Sequence[object] = ()) -> None:
    """Queue a statement to be sent with the commit, which raises its errors.

    For row locks that others wait for: they are held for the duration of the commit, not of a round trip.
    """
    session.info.setdefault("last", []).append((sql, values))


def flush_queue(session: "Session") -> None:
    """Execute the queued statements now."""
    if _driver(session).has_pending:
        fetch(session, "SELECT")


def _driver(session: "Session") -> Any:
    if "driver" not in session.info:  # cached for the transaction; session.connection() is slow
        session.info["connection"] = session.connection()
        session.info["driver"] = session.info["connection"].connection.driver_connection
    return session.info["driver"]


def _execute(session: "Session", how: str, sql: str, values: Sequence[object], **options: bool) -> Any:
    driver = session.info.get("driver") or _driver(session)  # which is a call less for most statements
    if "committed" in session.info:
        raise RuntimeError(
            "the transaction was committed with its last statement: this one would be another's"
        )
    try:
        return getattr(driver, how)(sql, values, begin=not session.info.get("reading"), **options)
    except (driver_error(), OSError) as problem:
        raise _gone_wrong(session, problem, sql) from problem


def send_enqueued(session: "Session") -> None:
    """Queue what enqueue_for_commit() was given, now that the commit follows."""
    for sql, values in session.info.pop("last", ()):
        enqueue(session, sql, values)


def _gone_wrong(session: "Session", problem: Exception, sql: str) -> "DBAPIError":
    """The driver's error as SQLAlchemy would have raised it; a connection that is lost is given up."""
    error = _wrap_error(problem, sql)
    if is_disconnect(error):
        session.info["connection"].invalidate(error.orig)
    return error


def _wrap_error(problem: Exception, sql: str) -> "DBAPIError":
    """The driver's error as the DBAPIError that SQLAlchemy would have raised."""
    from sqlalchemy.exc import DBAPIError  # lazy: 150 ms, and errors alone need it

    error = original_error(problem)
    return cast(DBAPIError, DBAPIError.instance(sql, None, error, driver_error()))


def after_commit_actions(session: "Session") -> list[Callable[[], None]]:
    """The functions registered with after_commit(), a list that may be changed."""
    return cast(list[Callable[[], None]], session.info.setdefault("after_commit", []))
