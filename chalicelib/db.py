"""PostgreSQL sessions and transactions, the models' base classes; the only place that commits.

One connection per process, made on first use: a Lambda function handles one request at a time. Reads go to
the driver directly as complete SQL; writes go through the ORM session.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar, cast

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    MetaData,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from chalicelib.db_engine import database_url, engine
from chalicelib.db_errors import driver_error, is_disconnect, told_by_driver


class Model(DeclarativeBase):
    """Base class of tables. Every row has a bigint id."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
    }
    # Derived columns, set whenever their source columns are set.
    __derived__: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-1)


class SoftDeleted:
    """Mixin for soft delete: `deleted_at` is the only marker."""

    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), sort_order=99)


def owned_by(column: str, *, index: bool = True) -> Any:
    """A required foreign key with ON DELETE CASCADE, e.g. to "events.id".

    `index` False is for tables with a longer index that begins with this column.
    """
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), index=index, nullable=False)


def linked_to(column: str, *, index: bool = True) -> Any:
    """An optional foreign key with ON DELETE SET NULL."""
    return mapped_column(BigInteger, ForeignKey(column, ondelete="SET NULL"), index=index, nullable=True)


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back on any exception.

    Functions registered with after_commit() run after the commit, outside the transaction.
    """
    session = Session(engine(), expire_on_commit=False)
    try:
        yield session
        for sql, values in session.info.pop("last", ()):
            send(session, sql, values)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
    for action in _deferred(session):
        action()


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A savepoint for the block: rolled back when it raises, dropping what it registered with after_commit().

    Queued statements are executed, and their errors raised, at the end of the block.
    """
    following, last = list(_deferred(session)), list(session.info.get("last", ()))
    try:
        with session.begin_nested():
            session.connection()  # emits the SAVEPOINT, which driver calls alone would not
            yield
            session.flush()
            settle(session)
    except BaseException:
        _deferred(session)[:] = following
        session.info["last"] = last
        raise


@contextmanager
def reading() -> Iterator[Session]:
    """For fetch(), send() and settle() only: each statement on its own, without BEGIN and COMMIT.

    Saves their round trips and the cost of a session.
    """
    try:
        connection = engine().raw_connection()
    except (driver_error(), OSError) as problem:
        raise _told(problem, "") from problem
    try:
        yield cast(Session, _Reader(connection))
    finally:
        connection.close()  # returns it to the pool


class _Reader:
    """A read-only stand-in for a session; it supports fetch(), send() and settle() only."""

    def __init__(self, connection: Any) -> None:
        self.info = {"reading": True, "connection": connection, "driver": connection.driver_connection}

    def flush(self) -> None:
        """Nothing to flush."""


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run `action` once the session's transaction is committed; never after a rollback."""
    actions = _deferred(session)
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
    return _asked(session, "run", sql, values, large=large).rows or []


def send(session: Session, sql: str, values: Sequence[object] = ()) -> Any:
    """Queue a statement, to be sent with the next one or with the commit, which saves a round trip.

    Its errors are raised by the statement it is sent with; after that the returned object has its `rows`.
    """
    session.flush()
    return _asked(session, "later", sql, values)


def send_last(session: Session, sql: str, values: Sequence[object] = ()) -> None:
    """Queue a statement to be sent with the commit, which raises its errors.

    For row locks that others wait for: they are held for the duration of the commit, not of a round trip.
    """
    session.info.setdefault("last", []).append((sql, values))


def settle(session: Session) -> None:
    """Execute the queued statements now."""
    if _driver(session).waits:
        fetch(session, "SELECT")


def _driver(session: Session) -> Any:
    if "driver" not in session.info:  # cached for the transaction; session.connection() is slow
        session.info["connection"] = session.connection()
        session.info["driver"] = session.info["connection"].connection.driver_connection
    return session.info["driver"]


def _asked(session: Session, how: str, sql: str, values: Sequence[object], **options: bool) -> Any:
    driver = _driver(session)
    try:
        return getattr(driver, how)(sql, values, begin=not session.info.get("reading"), **options)
    except (driver_error(), OSError) as problem:
        told = _told(problem, sql)
        if is_disconnect(told):
            session.info["connection"].invalidate(told.orig)
        raise told from problem


def _told(problem: Exception, sql: str) -> DBAPIError:
    """The driver's error as the DBAPIError that SQLAlchemy would have raised."""
    told = told_by_driver(problem)
    wrapped = DBAPIError.instance(sql, None, told, driver_error(), dialect=engine().dialect)
    return cast(DBAPIError, wrapped)


def forget() -> None:
    """Close the connection and drop the engine, after a change of settings (tests)."""
    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()


def _deferred(session: Session) -> list[Callable[[], None]]:
    return cast(list[Callable[[], None]], session.info.setdefault("after_commit", []))


__all__ = [
    "Model",
    "SoftDeleted",
    "after_commit",
    "database_url",
    "engine",
    "fetch",
    "forget",
    "linked_to",
    "owned_by",
    "reading",
    "savepoint",
    "send",
    "send_last",
    "settle",
    "transaction",
]
