"""SQLAlchemy engine: one PostgreSQL connection per process, made on first use and tested after idle time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError

from chalicelib import db_connection, db_statements
from chalicelib.db_connection import Address
from chalicelib.db_errors import original_error
from chalicelib.settings import settings


def _connect(url: URL) -> Any:
    """A new connection."""
    return db_connection.connect(_address(url))


@cache
def engine() -> Engine:
    """The engine of this process; it connects when first used.

    Raises NotConfigured when no database is configured.
    """
    made = _made(database_url(), creator=_adopt)
    db_statements.set_pool(_borrow)
    return made


@cache
def engine_apart() -> Engine:
    """Another engine for the same database: a second connection, for what is committed beside a transaction.

    Raises NotConfigured when no database is configured.
    """
    return _made(database_url())


@contextmanager
def migrating() -> Iterator[Engine]:
    """The engine of the role that owns the tables, for the duration of the block.

    Raises NotConfigured when no database is configured.
    """
    text = db_connection.from_parameter_store(
        settings().migration_database_url, settings().migration_database_url_parameter
    )
    if not text:
        yield engine()
        return
    made = _made(_url(text))
    try:
        yield made
    finally:
        made.dispose()


def _made(url: URL, creator: Callable[[URL], Any] = _connect) -> Engine:
    made = create_engine(
        url,
        creator=lambda: creator(url),
        paramstyle="numeric_dollar",
        pool_size=1,
        max_overflow=0,
        pool_recycle=db_connection.MOST_SECONDS,
        pool_reset_on_return="rollback",
    )
    event.listen(made, "handle_error", _wrap_socket_errors)
    event.listen(made, "checkout", _ping_after_idling)
    event.listen(made, "checkin", _remember_checkin)
    return made


def database_url() -> URL:
    """The database URL, with our driver, whatever the setting's scheme. Raises NotConfigured."""
    return _url(db_connection.url_text())


def _url(text: str) -> URL:
    return make_url(text).set(drivername="postgresql+pg8000")


def _adopt(url: URL) -> Any:
    """The connection that this process has read with so far, or a new one."""
    return db_connection.held().hand_over() or _connect(url)


def _address(url: URL) -> Address:
    return Address(url.host or "localhost", url.port or 5432, url.username, url.password, url.database)


def _borrow() -> Any:
    return engine().raw_connection()


def _wrap_socket_errors(context: Any) -> DBAPIError | None:
    if not isinstance(context.original_exception, OSError):
        return None
    context.is_disconnect = True
    error = original_error(context.original_exception)
    return InterfaceError(context.statement, None, error, connection_invalidated=True)


def _remember_checkin(_connection: object, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _ping_after_idling(connection: Any, record: Any, _proxy: object) -> None:
    idle = time.monotonic() - record.info.get("idle_since", time.monotonic())
    if idle >= db_connection.IDLE_SECONDS_BEFORE_PING and not db_connection.is_alive(connection):
        raise DisconnectionError("the connection died while idle")
