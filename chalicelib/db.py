"""PostgreSQL: the engine, the models' common ground, and the only place that commits.

One connection per process, made on first use: a Lambda function answers one request at a
time. Reads go to the driver directly with finished SQL; writes go through the session.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    MetaData,
    Text,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from chalicelib import aws
from chalicelib.db_errors import driver_error, is_disconnect, told_by_driver
from chalicelib.settings import settings

_IDLE_SECONDS_BEFORE_PING = 10.0


class Model(DeclarativeBase):
    """A table. Every row has a number as its id."""

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
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-1)


class SoftDeleted:
    """Rows that are stamped instead of removed: `deleted_at` is the only truth."""

    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), sort_order=99)


def owned_by(column: str) -> Any:
    """A required reference to the row this one lives and dies with, e.g. "events.id"."""
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), index=True, nullable=False)


def linked_to(column: str) -> Any:
    """An optional reference; when the other row is removed for good, it becomes null."""
    return mapped_column(BigInteger, ForeignKey(column, ondelete="SET NULL"), index=True, nullable=True)


@cache
def engine() -> Engine:
    """The engine of this process; it connects when first used.

    Raises LookupError when no database is configured.
    """
    url = database_url()
    made = create_engine(
        url,
        creator=lambda: _connect(url),
        paramstyle="numeric_dollar",
        pool_size=1,
        max_overflow=0,
        pool_recycle=900,
        pool_reset_on_return="rollback",
    )
    event.listen(made, "handle_error", _wrap_socket_errors)
    event.listen(made, "checkout", _ping_after_idling)
    event.listen(made, "checkin", _remember_checkin)
    return made


def database_url() -> URL:
    """Where the database is, with the driver named, whatever the setting's spelling."""
    text = settings().database_url
    if not text and settings().database_url_parameter:
        text = aws.parameter(settings().database_url_parameter)
    if not text:
        raise LookupError("neither DATABASE_URL nor DATABASE_URL_PARAMETER is set")
    return make_url(text).set(drivername="postgresql+pg8000")


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back on any exception.

    What was registered with after_commit() runs after the commit and outside of it.
    """
    session = Session(engine(), expire_on_commit=False)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
    for action in _deferred(session):
        action()


@contextmanager
def reading() -> Iterator[Session]:
    """For fetch(), send() and settle() alone: each statement stands by itself, and nothing is committed.

    It saves the round trips of BEGIN and COMMIT, and what a session costs.
    """
    try:
        connection = engine().raw_connection()
    except (driver_error(), OSError) as problem:
        raise _told(problem, "") from problem
    try:
        yield cast(Session, _Reader(connection))
    finally:
        connection.close()  # which gives it back


class _Reader:
    """What stands in for a session where nothing is written. It has nothing else of one."""

    def __init__(self, connection: Any) -> None:
        self.info = {"reading": True, "connection": connection, "driver": connection.driver_connection}

    def flush(self) -> None:
        """There is never anything."""


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Run `action` once the session's transaction is committed; never when it is not."""
    actions = _deferred(session)
    if action not in actions:
        actions.append(action)


def fetch(
    session: Session, sql: str, values: Sequence[object] = (), *, flush: bool = True
) -> list[list[Any]]:
    """Rows of a finished statement with $1, $2 ... as parameters, in the session's transaction.

    It bypasses SQLAlchemy's cursor, which parses the text of every statement anew.
    Pending changes are flushed first, unless `flush` is False.
    """
    if flush:
        session.flush()
    return _asked(session, "run", sql, values).rows or []


def send(session: Session, sql: str, values: Sequence[object] = ()) -> Any:
    """Do a finished statement together with the next one, or with the commit, to save a round trip.

    What is wrong with it is raised by the one it goes with; after that the answer has its `rows`.
    """
    session.flush()
    return _asked(session, "later", sql, values)


def settle(session: Session) -> None:
    """Do now what was only sent."""
    if _driver(session).waits:
        fetch(session, "SELECT")


def _driver(session: Session) -> Any:
    if "driver" not in session.info:  # for the length of the transaction; asking the session is slow
        session.info["connection"] = session.connection()
        session.info["driver"] = session.info["connection"].connection.driver_connection
    return session.info["driver"]


def _asked(session: Session, how: str, sql: str, values: Sequence[object]) -> Any:
    driver = _driver(session)
    try:
        return getattr(driver, how)(sql, values, begin=not session.info.get("reading"))
    except (driver_error(), OSError) as problem:
        told = _told(problem, sql)
        if is_disconnect(told):
            session.info["connection"].invalidate(told.orig)
        raise told from problem


def _told(problem: Exception, sql: str) -> DBAPIError:
    """The driver's error as SQLAlchemy would have raised it."""
    told = told_by_driver(problem)
    wrapped = DBAPIError.instance(sql, None, told, driver_error(), dialect=engine().dialect)
    return cast(DBAPIError, wrapped)


def forget() -> None:
    """Close the connection and drop the engine, for a process whose settings changed (tests)."""
    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()


def _deferred(session: Session) -> list[Callable[[], None]]:
    return cast(list[Callable[[], None]], session.info.setdefault("after_commit", []))


@cache
def _tls() -> ssl.SSLContext:
    # pg8000's default context verifies nothing and reloads the CA store on every connect.
    return ssl.create_default_context(cafile=settings().db_ca_file or None)


def _connect(url: URL) -> Any:
    from chalicelib.driver import Connection  # it brings pg8000, which nobody needs before this

    given: dict[str, Any] = {"user": url.username, "password": url.password, "database": url.database}
    host, port = url.host or "localhost", url.port or 5432
    if settings().db_iam:
        given["password"] = aws.database_token(host, port, url.username or "")
    return Connection(
        **given,
        host=host,
        port=port,
        ssl_context=_tls() if settings().db_tls else False,
        startup_params={"TimeZone": "UTC"},  # documents show all moments in UTC
        keeps_plans=settings().db_prepare,
    )


def _wrap_socket_errors(context: Any) -> DBAPIError | None:
    if not isinstance(context.original_exception, OSError):
        return None
    context.is_disconnect = True
    told = told_by_driver(context.original_exception)
    return InterfaceError(context.statement, None, told, connection_invalidated=True)


def _remember_checkin(_connection: object, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_after_idling(connection: Any, record: Any, _proxy: object) -> None:
    idle = time.monotonic() - record.info.get("idle_since", time.monotonic())
    if idle < _IDLE_SECONDS_BEFORE_PING:
        return
    try:
        connection.execute_simple("SELECT 1")
    except Exception as problem:
        raise DisconnectionError("the connection died while idle") from problem
